//! SHA-256 of a file in the forms it travels in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The SHA-256 of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDigest(pub [u8; 32]);

impl FileDigest {
    /// Reads standard base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Option<FileDigest> {
        STANDARD.decode(text).ok()?.try_into().ok().map(FileDigest)
    }

    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}
