//! What a result was measured on.

use std::{fs, process::Command};

use anyhow::{Context, Result};

/// One line per fact, as recorded results carry them.
pub fn describe() -> Vec<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    vec![
        format!("CPU: {}, {cores} cores", model.trim_start_matches([' ', '\t', ':'])),
        format!("kernel: {}", kernel.trim()),
        format!("commit: {}", commit()),
    ]
}

/// Resident memory of a process, in bytes.
pub fn resident_bytes(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).context("read the memory of a process")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("find VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().context("parse VmRSS")?;
    Ok(kilobytes << 10)
}

/// The commit of the working tree, marked when tracked files differ from it.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(id) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(changes) if changes.is_empty() => id,
        _ => format!("{id} with local changes"),
    }
}

/// Clock ticks per second in `/proc`, which Linux fixes for programs.
const TICKS_PER_S: f64 = 100.0;

/// Processor time a process has used, in seconds; that of children it waited for is included.
pub fn processor_seconds(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).context("read the time of a process")?;
    // The name before the last parenthesis may hold spaces.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = fields.iter().skip(11).take(4).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_S)
}

/// The direct children of a process.
pub fn children(process: u32) -> Result<Vec<u32>> {
    let text =
        fs::read_to_string(format!("/proc/{process}/task/{process}/children")).context("read child processes")?;
    Ok(text.split_whitespace().filter_map(|id| id.parse().ok()).collect())
}
