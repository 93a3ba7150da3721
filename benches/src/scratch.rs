//! The folder all data of a run lives in, on one disk.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// Names another folder for the data, for instance one on the disk to be measured.
const DIR_VARIABLE: &str = "CONCAVE_BENCH_DIR";

/// Where data goes otherwise: on disk, where `/tmp` may be memory, and open to the `postgres` user.
const DIR: &str = "/var/tmp";

/// A folder that is removed when dropped.
pub struct Scratch(TempDir);

impl Scratch {
    pub fn new() -> Result<Scratch> {
        let parent = std::env::var_os(DIR_VARIABLE).map_or_else(|| PathBuf::from(DIR), PathBuf::from);
        let dir = tempfile::Builder::new()
            .prefix("concave-bench-")
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir_in(&parent)
            .with_context(|| format!("make a folder in {}", parent.display()))?;
        Ok(Scratch(dir))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
