//! The version of the npm package a bundle was made with, which some operations carry as a switch of behaviour.

use db::Document;
use value::{Object, Value};

use super::developer;
use crate::files::{self, FileDigest};

/// The first version that reads `_storage.sha256` in base64; older ones read hex.
const BASE64_DIGESTS: ClientVersion = ClientVersion { major: 1, minor: 9, patch: 0 };

/// The first version in which a scheduled mutation that cancels itself fails; older ones are warned.
const SELF_CANCEL_FAILS: ClientVersion = ClientVersion { major: 1, minor: 50, patch: 0 };

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClientVersion {
    major: u64,
    minor: u64,
    patch: u64,
}

impl ClientVersion {
    /// Reads a semantic version; what follows the three numbers does not matter here.
    pub fn parse(text: Option<&str>) -> Result<ClientVersion, js::HostError> {
        text.and_then(read).ok_or_else(|| developer("Invalid client version"))
    }

    /// Whether `_storage` documents need [`with_hex_digest`] for this version.
    pub fn wants_hex_digests(self) -> bool {
        self < BASE64_DIGESTS
    }

    /// Whether a scheduled mutation of this version that cancels itself fails.
    pub fn refuses_self_cancel(self) -> bool {
        self >= SELF_CANCEL_FAILS
    }
}

fn read(text: &str) -> Option<ClientVersion> {
    let numbers = text.split(['-', '+']).next()?;
    let mut numbers = numbers.split('.').map(|number| number.parse().ok());
    let version = ClientVersion { major: numbers.next()??, minor: numbers.next()??, patch: numbers.next()?? };
    numbers.next().is_none().then_some(version)
}

/// Whether a read of `table` with this `version` argument answers with digests in hex.
pub(super) fn hex_digests(table: &str, version: Option<&str>) -> Result<bool, js::HostError> {
    if table != files::TABLE {
        return Ok(false);
    }
    ClientVersion::parse(version).map(ClientVersion::wants_hex_digests)
}

/// A `_storage` document as old versions know it.
pub(super) fn with_hex_digest(document: &Document) -> Object {
    let mut object = document.value.clone();
    if let Some(digest) = object.get("sha256").and_then(Value::as_str).and_then(FileDigest::from_base64) {
        object.insert("sha256", Value::String(digest.to_hex()));
    }
    object
}
