//! The `Digest` header: the SHA-256 of a file, given by whoever uploads it and by us on the way out.

use axum::http::{HeaderMap, HeaderValue};
use functions::files::FileDigest;

use crate::error::ApiError;

const ALGORITHM: &str = "sha-256";

/// What an upload must hash to, if its headers say.
///
/// Errors: 400 `BadHeader` for a header that names no readable SHA-256, or two different ones.
pub fn expected(headers: &HeaderMap) -> Result<Option<FileDigest>, ApiError> {
    let bad = |why: &str| ApiError::bad_request("BadHeader", why);
    let unreadable = || bad("The Digest header must look like `sha-256=<base64>`.");
    let (mut given, mut found) = (false, None);
    for value in headers.get_all("digest") {
        given = true;
        for entry in value.to_str().map_err(|_| unreadable())?.split(',') {
            let Some((algorithm, text)) = entry.trim().split_once('=') else { continue };
            if !algorithm.eq_ignore_ascii_case(ALGORITHM) {
                continue;
            }
            let digest = FileDigest::from_base64(text).ok_or_else(unreadable)?;
            if found.replace(digest).is_some_and(|other| other != digest) {
                return Err(bad("The Digest headers give two different SHA-256 digests."));
            }
        }
    }
    if given && found.is_none() { Err(unreadable()) } else { Ok(found) }
}

pub fn header(digest: FileDigest) -> HeaderValue {
    HeaderValue::from_str(&format!("{ALGORITHM}={}", digest.to_base64())).expect("base64 is ASCII")
}
