//! Blobs in a directory.
//!
//! A blob is written under a draft name, `<name>#<number>`, synced, renamed, and its directory synced. Drafts that a
//! crash left behind are removed at the next start.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use super::BlobError;

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
