//! The data directory: its lock, its format version, and where the database lies in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// The storage format this release writes, and the newest it reads.
pub(super) const FORMAT_VERSION: u32 = 1;

const FORMAT_FILE: &str = "format";
const FORMAT_PREFIX: &str = "concave storage ";
const LOCK_FILE: &str = "lock";
const DATABASE_FOLDER: &str = "db";

/// Held while the directory is in use; the operating system frees it when the process ends.
pub(super) struct DirectoryLock {
    _file: File,
}

/// Returns where fjall keeps its files.
pub(super) fn database_path(directory: &Path) -> PathBuf {
    directory.join(DATABASE_FOLDER)
}

/// Creates the directory when missing, locks it, and checks or writes its format version.
pub(super) fn prepare(directory: &Path) -> Result<DirectoryLock, OpenError> {
    fs::create_dir_all(directory).map_err(io_error(directory, "create the data directory"))?;
    let lock = lock(directory)?;
    check_format(directory)?;
    Ok(lock)
}

fn lock(directory: &Path) -> Result<DirectoryLock, OpenError> {
    let action = "lock the data directory";
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false);
    let file = file.open(directory.join(LOCK_FILE)).map_err(io_error(directory, action))?;
    match file.try_lock() {
        Ok(()) => Ok(DirectoryLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { directory: directory.to_owned() }),
        Err(TryLockError::Error(error)) => Err(io_error(directory, action)(error)),
    }
}

fn check_format(directory: &Path) -> Result<(), OpenError> {
    match fs::read_to_string(directory.join(FORMAT_FILE)) {
        Ok(text) => parse_format(directory, &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => start_format(directory),
        Err(error) => Err(io_error(directory, "read the format version")(error)),
    }
}

fn parse_format(directory: &Path, text: &str) -> Result<(), OpenError> {
    let number = text.strip_prefix(FORMAT_PREFIX).map(str::trim_end);
    match number.and_then(|number| number.parse().ok()) {
        Some(FORMAT_VERSION) => Ok(()),
        Some(found) if found > FORMAT_VERSION => {
            Err(OpenError::FormatVersion { directory: directory.to_owned(), found, supported: FORMAT_VERSION })
        }
        _ => Err(damaged(directory, "its format file is not readable")),
    }
}

/// Writes the format file of a new directory, whole or not at all.
fn start_format(directory: &Path) -> Result<(), OpenError> {
    if database_path(directory).exists() {
        return Err(damaged(directory, "it has a database but no format file"));
    }
    let write = || {
        let draft = directory.join("format.new");
        let mut file = File::create(&draft)?;
        writeln!(file, "{FORMAT_PREFIX}{FORMAT_VERSION}")?;
        file.sync_all()?;
        fs::rename(&draft, directory.join(FORMAT_FILE))?;
        sync_directory(directory)
    };
    write().map_err(io_error(directory, "write the format version"))
}

/// Makes a rename inside `directory` survive a power cut; Windows has no such call and no such need.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(directory)?.sync_all()
}

pub(super) fn damaged(directory: &Path, reason: impl Into<String>) -> OpenError {
    OpenError::Corrupt { directory: directory.to_owned(), reason: reason.into() }
}

pub(super) fn io_error(directory: &Path, action: &'static str) -> impl FnOnce(io::Error) -> OpenError {
    move |source| OpenError::Io { directory: directory.to_owned(), action, source }
}
