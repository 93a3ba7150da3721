//! Names of blobs.

use std::fmt;

use object_store::path::Path;

/// Segments of letters, digits, `-`, `_` and `.`, joined by `/`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobKey(String);

impl BlobKey {
    /// Returns the key of these segments; none if one is empty or has other characters, or is a run of dots.
    pub fn new(segments: &[&str]) -> Option<BlobKey> {
        let valid = !segments.is_empty() && segments.iter().all(|segment| is_segment(segment));
        valid.then(|| BlobKey(segments.join("/")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    pub(super) fn path(&self) -> Path {
        Path::from(self.0.as_str())
    }

    /// The key of something found in the store, whoever put it there.
    pub(super) fn listed(path: &Path) -> BlobKey {
        BlobKey(path.to_string())
    }
}

fn is_segment(segment: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    segment.bytes().all(allowed) && segment.bytes().any(|byte| byte != b'.')
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
