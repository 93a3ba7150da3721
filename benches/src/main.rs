//! Benchmarks: `benches NAME [--quick] [--record]` prints a table and, as its last line, one JSON object.
//!
//! `cargo xtask bench NAME [--quick]` is the usual way in. `--quick` ends within a minute on a built tree;
//! `--record` writes the outcome to `results/NAME.md`. All load stays on the loopback interface, is bounded in
//! count and time, and everything started is stopped, also on an error or Ctrl-C.

mod actions;
mod apps;
mod concave;
mod disk;
mod files;
mod http;
mod jobs;
mod live;
mod load;
mod machine;
mod memory;
mod peer;
mod pristine;
mod process;
mod random;
mod report;
mod scratch;
mod sockets;
mod stats;
mod transfer;

use anyhow::{Result, bail};
use report::Report;
use tokio::signal::unix::{SignalKind, signal};

/// How much of a benchmark to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Quick,
    Full,
}

impl Size {
    /// Picks the value for this size.
    pub fn pick<T>(self, quick: T, full: T) -> T {
        match self {
            Size::Quick => quick,
            Size::Full => full,
        }
    }
}

const USAGE: &str = "usage: benches pristine|transfer|live|memory|files|jobs|actions [--quick] [--record]";

fn main() -> Result<()> {
    let (mut names, mut size, mut record) = (Vec::new(), Size::Full, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quick" => size = Size::Quick,
            "--record" => record = true,
            flag if flag.starts_with('-') => bail!("unknown option {flag}\n{USAGE}"),
            _ => names.push(argument),
        }
    }
    let [name] = names.as_slice() else { bail!("{USAGE}") };
    // One thread: the generator must leave the other cores to what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        tokio::select! {
            report = run(name, size) => report,
            stopped = stop() => { stopped?; bail!("interrupted") }
        }
    })?;
    if record {
        report.record(size)?;
    }
    report.print();
    Ok(())
}

async fn run(name: &str, size: Size) -> Result<Report> {
    match name {
        "pristine" => pristine::run(size),
        "transfer" => transfer::run(size).await,
        "live" => live::run(size).await,
        "memory" => memory::run(size).await,
        "files" => files::run(size).await,
        "jobs" => jobs::run(size).await,
        "actions" => actions::run(size).await,
        other => bail!("no benchmark {other:?}\n{USAGE}"),
    }
}

/// Returns once somebody asks this process to stop; dropping the running benchmark then stops its children.
async fn stop() -> Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
