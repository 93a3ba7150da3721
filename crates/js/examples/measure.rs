//! Times one function of a bundled module in a warm, a pristine and a cold heap.
//!
//! `cargo run -p js --example measure -- <module.js> <export> <query|mutation> '[{…}]'`. Every operation answers
//! with a small document, so what is measured is JavaScript and the way in and out of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use js::{
    Bundle, Call, CallLimits, Completion, ConsoleLevel, Executor, ExecutorOptions, Host, HostError, JsError, Kind,
    ModuleSource, RestoreMode,
};

const CALLS_WARM_UP: u32 = 2_000;
const CALLS_MEASURED: u32 = 10_000;
const CALLS_COLD: u32 = 200;
const DOCUMENT: &str = r#"{"_creationTime":1700000000000.0,"_id":"j57abc","balance":100.0,"owner":"someone"}"#;

struct Documents;

impl Host for Documents {
    fn syscall(&mut self, _name: &str, _args: &str) -> Result<String, HostError> {
        Ok(DOCUMENT.to_owned())
    }
    fn async_syscall(&mut self, _name: &str, _args: &str) -> Result<String, HostError> {
        Ok(DOCUMENT.to_owned())
    }
    fn env_var(&mut self, _name: &str) -> Option<String> {
        None
    }
    fn console(&mut self, _level: ConsoleLevel, messages: Vec<String>) {
        println!("{}", messages.join(" "));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, export, kind, args_json] = arguments.as_slice() else {
        eprintln!("usage: measure <module.js> <export> <query|mutation> <args>");
        std::process::exit(2);
    };
    let source = std::fs::read_to_string(path).expect("the module is readable");
    let source_map = std::fs::read_to_string(format!("{path}.map")).ok();
    let module = ModuleSource { path: "main.js".to_owned(), source, source_map };
    let bundle = Arc::new(Bundle::compile(vec![module]).expect("the module compiles"));
    let kind = if kind == "query" { Kind::Query } else { Kind::Mutation };
    let call = |seed: u32| Call {
        kind,
        module: "main.js",
        export,
        args_json,
        seed: [seed as u8; 32],
        unix_ms: 1_700_000_000_000.0,
        env_generation: 0,
        limits: CallLimits::default(),
    };
    let tracked = Executor::new(ExecutorOptions::default());
    let copied = Executor::new(ExecutorOptions { restore: RestoreMode::Copy, ..Default::default() });
    println!("{}", tracked.run(&bundle, &call(0), &mut Documents).map_or_else(|e| e.to_string(), |c| c.result_json));
    let run = |name: &str, count: u32, go: &dyn Fn(&Call<'_>) -> Result<Completion, JsError>| {
        for seed in 0..count.min(CALLS_WARM_UP) {
            let _ = go(&call(seed));
        }
        let mut times: Vec<Duration> = (0..count)
            .map(|seed| {
                let start = Instant::now();
                let _ = go(&call(seed));
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_nanos() as f64 / 1000.0;
        println!("{name:>10}: p10 {:.1} µs, p50 {:.1} µs, p90 {:.1} µs", at(0.1), at(0.5), at(0.9));
    };
    for _ in 0..3 {
        run("warm", CALLS_MEASURED, &|call| tracked.run_warm(&bundle, call, &mut Documents));
        run("pristine", CALLS_MEASURED, &|call| tracked.run(&bundle, call, &mut Documents));
        run("copied", CALLS_MEASURED, &|call| copied.run(&bundle, call, &mut Documents));
    }
    run("cold", CALLS_COLD, &|call| tracked.run_cold(&bundle, call, &mut Documents));
    println!("images: {:?}", tracked.idle_images());
}
