//! Measures the embedded engine: appends in batches, reads, reopening, memory.
//!
//! `cargo run -p storage --example append [directory]`; the directory must be new and is left behind.

use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;
use storage::{Commit, Engine, FjallEngine, FjallOptions, Order, Scan, Write};
use value::Timestamp;

/// Rows written first, then updated at random. Count.
const ROWS: u64 = 1_000_000;
/// Bytes per value.
const VALUE_BYTES: usize = 200;
/// Commits per append, and writes per commit. Counts.
const BATCH_COMMITS: u64 = 64;
const COMMIT_WRITES: u64 = 2;
/// Appends of random updates, and reads of each kind. Counts.
const UPDATE_BATCHES: u64 = 5_000;
const READS: u64 = 50_000;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let default = || std::env::temp_dir().join(format!("storage-{}", std::process::id()));
    let directory = arguments.next().map_or_else(default, PathBuf::from);
    let engine = open(&directory);
    let batch = BATCH_COMMITS * COMMIT_WRITES;
    appends(&engine, "inserts", ROWS / batch, |write| write);
    appends(&engine, "updates", UPDATE_BATCHES, |write| scatter(write) % ROWS);
    reads(&engine);
    let start = Instant::now();
    while !engine.trim(Timestamp::MAX, 10_000).expect("trim").done {}
    println!("trim: {:?}, {}", start.elapsed(), memory());
    appends(&engine, "updates again", UPDATE_BATCHES, |write| scatter(write) % ROWS);
    // What a killed process would leave behind.
    let killed = directory.with_extension("killed");
    copy(&directory, &killed);
    drop(engine);
    for (name, directory) in [("a kill", killed), ("closing", directory)] {
        let start = Instant::now();
        let engine = open(&directory);
        engine.get(&key(ROWS / 3), engine.latest()).expect("read");
        println!("open after {name}: {:?} to the first read, {}", start.elapsed(), memory());
    }
}

fn open(directory: &Path) -> FjallEngine {
    FjallEngine::open(directory, FjallOptions::default()).expect("open")
}

fn appends(engine: &dyn Engine, name: &str, batches: u64, row: impl Fn(u64) -> u64) {
    let start = Instant::now();
    let mut slowest = start.elapsed();
    let mut written = 0;
    for _ in 0..batches {
        let head = engine.latest();
        let mut commits = Vec::new();
        for commit in 1..=BATCH_COMMITS {
            let rows = (written..written + COMMIT_WRITES).map(&row);
            let writes = rows.map(|row| Write { key: key(row), value: Some(value(row)) });
            commits.push(Commit { ts: Timestamp(head.0 + commit), writes: writes.collect() });
            written += COMMIT_WRITES;
        }
        let began = Instant::now();
        engine.append(head, &commits).expect("append");
        slowest = slowest.max(began.elapsed());
    }
    let rate = (batches * BATCH_COMMITS) as f64 / start.elapsed().as_secs_f64();
    println!("{name}: {rate:.0} commits/s, slowest append {slowest:?}, {}", memory());
}

fn reads(engine: &dyn Engine) {
    let newest = engine.latest();
    for (name, at) in [("newest", newest), ("100 commits ago", Timestamp(newest.0 - 100))] {
        time(&format!("get, {name}"), |read| {
            engine.get(&key(scatter(read) % ROWS), at).expect("get");
        });
        time(&format!("get of a missing key, {name}"), |read| {
            engine.get(&key(ROWS + scatter(read)), at).expect("get");
        });
        time(&format!("scan of 20, {name}"), |read| {
            let start = key(scatter(read) % ROWS);
            let scan = Scan { start, end: key(u64::MAX), order: Order::Ascending, limit: 20 };
            engine.scan(&scan, at).expect("scan");
        });
    }
    println!("after reads: {}", memory());
}

fn time(name: &str, mut read: impl FnMut(u64)) {
    let start = Instant::now();
    (0..READS).for_each(&mut read);
    println!("{name}: {:.1} µs", start.elapsed().as_secs_f64() * 1e6 / READS as f64);
}

fn key(row: u64) -> Bytes {
    format!("documents/{row:020}").into()
}

fn value(row: u64) -> Bytes {
    row.to_be_bytes().repeat(VALUE_BYTES / 8).into()
}

/// Spreads consecutive numbers evenly (splitmix64's finalizer).
fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn copy(source: &Path, target: &Path) {
    std::fs::create_dir_all(target).expect("create a directory");
    for entry in std::fs::read_dir(source).expect("list") {
        let entry = entry.expect("list");
        let target = target.join(entry.file_name());
        match entry.file_type().expect("look").is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).expect("copy")),
        }
    }
}

/// Resident memory, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.unwrap_or("memory unknown").split_whitespace().collect::<Vec<_>>().join(" ")
}
