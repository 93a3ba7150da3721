//! The data directory: one server at a time, and no newer format.

use std::fs;

use super::{FjallEngine, FjallOptions, OnDisk, open};
use crate::error::OpenError;

fn open_error(path: &std::path::Path) -> OpenError {
    FjallEngine::open(path, FjallOptions::default()).err().unwrap()
}

#[test]
fn directory_in_use_is_named() {
    let disk = OnDisk::new();
    let error = open_error(disk.path());
    assert!(matches!(error, OpenError::Locked { .. }));
    let expected = format!("another server is using the data directory {}", disk.path().display());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn directory_is_free_again_after_closing() {
    let mut disk = OnDisk::new();
    drop(disk.engine.take());
    drop(open(disk.path()));
}

#[test]
fn newer_format_is_refused() {
    let mut disk = OnDisk::new();
    drop(disk.engine.take());
    fs::write(disk.path().join("format"), "concave storage 2\n").unwrap();
    let error = open_error(disk.path());
    assert!(matches!(error, OpenError::FormatVersion { found: 2, supported: 1, .. }));
}

#[test]
fn damaged_or_missing_format_is_refused() {
    let mut disk = OnDisk::new();
    drop(disk.engine.take());
    let format = disk.path().join("format");
    for text in ["", "concave storage 0\n", "something else"] {
        fs::write(&format, text).unwrap();
        assert!(matches!(open_error(disk.path()), OpenError::Corrupt { .. }), "{text:?}");
    }
    fs::remove_file(&format).unwrap();
    assert!(matches!(open_error(disk.path()), OpenError::Corrupt { .. }));
}

#[test]
fn directory_that_cannot_be_made_is_reported() {
    let disk = OnDisk::new();
    let error = open_error(&disk.path().join("format").join("below a file"));
    assert!(matches!(error, OpenError::Io { action: "create the data directory", .. }));
}
