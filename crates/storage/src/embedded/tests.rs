//! The embedded engine: the shared suite, and what only a directory on a disk can do.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{FjallEngine, FjallOptions};
use crate::conformance::{self, Harness};
use crate::engine::Engine;

mod corruption;
mod crash;
mod directory;
mod failed_sync;

/// An engine in a directory that goes away with it.
struct OnDisk {
    engine: Option<FjallEngine>,
    directory: TempDir,
}

impl OnDisk {
    fn new() -> OnDisk {
        OnDisk::with(FjallOptions::default())
    }

    fn with(options: FjallOptions) -> OnDisk {
        let directory = tempfile::tempdir().unwrap();
        let engine = Some(FjallEngine::open(directory.path(), options).unwrap());
        OnDisk { engine, directory }
    }

    fn fjall(&self) -> &FjallEngine {
        self.engine.as_ref().unwrap()
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Harness for OnDisk {
    fn engine(&self) -> &dyn Engine {
        self.fjall()
    }

    fn reopen(&mut self) {
        drop(self.engine.take());
        self.engine = Some(open(self.path()));
    }
}

fn open(directory: &Path) -> FjallEngine {
    FjallEngine::open(directory, FjallOptions::default()).unwrap()
}

/// Copies a directory as it is now, which is what a killed process would leave.
fn copy_directory(source: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_files(source, copy.path());
    copy
}

fn copy_files(source: &Path, target: &Path) {
    for entry in std::fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = target.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_files(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

#[test]
fn fjall_engine_conforms() {
    conformance::run(OnDisk::new);
}
