//! What one sync of the disk costs, measured in the same run and on the same disk as everything else.

use std::{fs::File, io::Write, path::Path, time::Instant};

use anyhow::{Context, Result};

use crate::stats::Latencies;

/// Bytes appended before each sync: about one small commit.
const RECORD_BYTES: usize = 512;

/// Syncs before measuring.
const WARM_UP_SYNCS: usize = 50;

/// Appends a record and syncs its data, `count` times.
pub fn sync_latencies(dir: &Path, count: usize) -> Result<Latencies> {
    let path = dir.join("disk-sync");
    let mut file = File::create(&path).context("create a file to sync")?;
    let record = [0x5a; RECORD_BYTES];
    let mut latencies = Latencies::default();
    for round in 0..WARM_UP_SYNCS + count {
        let start = Instant::now();
        file.write_all(&record).context("append a record")?;
        file.sync_data().context("sync a record")?;
        if round >= WARM_UP_SYNCS {
            latencies.push(start.elapsed());
        }
    }
    std::fs::remove_file(&path).context("remove the synced file")?;
    Ok(latencies)
}
