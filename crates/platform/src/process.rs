//! What the operating system says about this process.

use std::fs;

/// Jiffies of one second: fixed for user space on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory and time that this process uses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessUsage {
    /// Bytes of physical memory.
    pub resident_bytes: u64,
    /// Bytes of address space, most of it reserved and not used.
    pub virtual_bytes: u64,
    /// Seconds of processor time, of all threads.
    pub cpu_seconds: f64,
    pub threads: u64,
    pub open_files: u64,
}

/// Reads `/proc`; none where there is no such thing.
pub fn usage() -> Option<ProcessUsage> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let open_files = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    let kilobytes = |name: &str| field(&status, name).map(|kb| kb * 1024);
    Some(ProcessUsage {
        resident_bytes: kilobytes("VmRSS:")?,
        virtual_bytes: kilobytes("VmSize:")?,
        cpu_seconds: cpu_seconds(&stat)?,
        threads: field(&status, "Threads:")?,
        open_files,
    })
}

/// The number behind `name` in `/proc/self/status`.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// User and system time in `/proc/self/stat`, whose second field may hold spaces and parentheses.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_process_names_do_not_shift_the_fields() {
        let stat = "7 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 9 0 1 2 3";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(field("VmSize:\t  12 kB\nVmRSS:\t 3 kB\n", "VmRSS:"), Some(3));
        assert_eq!(field("VmSize:\t  12 kB\n", "VmRSS:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_something() {
        let usage = usage().expect("Linux has /proc");
        assert!(usage.resident_bytes > 1 << 20 && usage.threads >= 1 && usage.open_files >= 1, "{usage:?}");
    }
}
