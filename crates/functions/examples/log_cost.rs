//! What an execution costs after it has ended: its entry in the log ring, and the counters of metrics.
//!
//! `cargo run --release -p functions --example log_cost`

use std::time::Instant;

use functions::deployment::ModuleEnvironment;
use functions::logs::{Completion, LogRing, UsageStats};
use functions::{Caller, FunctionKind, RequestId};

const ENTRIES: usize = 1_000_000;
/// Functions that the entries belong to.
const FUNCTIONS: usize = 50;

fn main() {
    let made = Instant::now();
    for n in 0..ENTRIES {
        std::hint::black_box(entry(n));
    }
    let made = made.elapsed();
    let ring = LogRing::default();
    let pushed = Instant::now();
    for n in 0..ENTRIES {
        ring.push(entry(n));
    }
    let pushed = pushed.elapsed().saturating_sub(made);
    println!("{} ns for each entry pushed and counted", pushed.as_nanos() / ENTRIES as u128);
    println!("{} series, {} entries kept", ring.metrics().calls().len(), ring.size().0);
}

fn entry(n: usize) -> Completion {
    Completion {
        kind: FunctionKind::Mutation,
        component_path: None,
        identifier: format!("accounts:transfer{}", n % FUNCTIONS),
        log_lines: Vec::new(),
        timestamp: n as f64,
        execution_timestamp: n as f64,
        cached: false,
        caller: Caller::HttpApi,
        execution_time: 0.000_2,
        user_time: 0.000_1,
        error: None,
        request_id: RequestId("0123456789abcdef".into()),
        execution_id: "01234567-89ab-cdef-0123-456789abcdef".into(),
        usage: UsageStats {
            read_bytes: 200,
            read_documents: 2,
            write_bytes: 200,
            write_documents: 2,
            ..UsageStats::default()
        },
        return_bytes: Some(4),
        occ: None,
        will_retry: false,
        identity_type: "unknown",
        http_status: None,
        environment: ModuleEnvironment::Isolate,
        audit: Vec::new(),
    }
}
