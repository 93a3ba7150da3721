//! Blobs in a directory.
//!
//! A blob is written under a draft name, `<name>#<number>`, synced, renamed, and its directory synced. Drafts that a
//! crash left behind are removed at the next start.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use super::{BlobError, BlobKey, BlobStream};

/// Bytes read from the disk at a time. Each read changes threads, which costs as much as reading some 10 KB, so the
/// 8 KB of `object_store` would spend most of the time on that.
const READ_BYTES: u64 = 256 << 10;

pub(super) fn open(directory: &Path) -> Result<Arc<dyn ObjectStore>, BlobError> {
    let failed = |action: &'static str| {
        let directory = directory.to_owned();
        move |source: io::Error| BlobError::Directory { action, directory, source }
    };
    fs::create_dir_all(directory).map_err(failed("create the file directory"))?;
    remove_drafts(directory).map_err(failed("remove unfinished files from"))?;
    let store = LocalFileSystem::new_with_prefix(directory);
    let store = store.map_err(|source| failed("open the file directory")(io::Error::other(source)))?;
    Ok(Arc::new(store.with_fsync(true)))
}

/// The bytes of an open file from `range.start` to `range.end`.
pub(super) fn read(file: File, range: Range<u64>, key: BlobKey) -> BlobStream {
    let pieces = stream::try_unfold((file, range), move |(file, left)| {
        let key = key.clone();
        async move {
            if left.is_empty() {
                return Ok(None);
            }
            let read = tokio::task::spawn_blocking(move || read_piece(file, left)).await;
            let (piece, rest) = read.unwrap_or_else(|panic| Err(io::Error::other(panic))).map_err(|source| {
                BlobError::Failed { action: "read", key: format!("blob {key}"), source: Box::new(source) }
            })?;
            Ok(Some((piece, rest)))
        }
    });
    pieces.boxed()
}

/// One piece, and what is left to read.
fn read_piece(mut file: File, left: Range<u64>) -> io::Result<(Bytes, (File, Range<u64>))> {
    let length = READ_BYTES.min(left.end - left.start);
    let mut piece = Vec::with_capacity(length as usize);
    file.seek(SeekFrom::Start(left.start))?;
    (&file).take(length).read_to_end(&mut piece)?;
    if (piece.len() as u64) < length {
        let text = format!("the file ends at byte {}, before {}", left.start + piece.len() as u64, left.end);
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
    }
    Ok((piece.into(), (file, left.start + length..left.end)))
}

fn remove_drafts(directory: &Path) -> io::Result<()> {
    let mut unseen = vec![directory.to_owned()];
    while let Some(directory) = unseen.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                unseen.push(entry.path());
            } else if is_draft(&entry.file_name().to_string_lossy()) {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

/// Keys hold no `#`, so nothing else is called like this.
fn is_draft(name: &str) -> bool {
    let number = name.rsplit_once('#').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
