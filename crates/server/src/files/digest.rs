//! The `Digest` header: the SHA-256 of a file, given by whoever uploads it and by us on the way out.

use axum::http::{HeaderMap, HeaderValue};
use functions::files::FileDigest;

use crate::error::ApiError;

const ALGORITHM: &str = "sha-256";

/// What an upload must hash to, if its headers say.
///
/// Errors: 400 `BadHeader` for a header that names no readable SHA-256.
pub fn expected(headers: &HeaderMap) -> Result<Option<FileDigest>, ApiError> {
    let Some(value) = headers.get("digest") else { return Ok(None) };
    let bad = || ApiError::bad_request("BadHeader", "The Digest header must look like `sha-256=<base64>`.");
    let text = value.to_str().map_err(|_| bad())?;
    let sha256 = text.split(',').find_map(|entry| {
        let (algorithm, digest) = entry.trim().split_once('=')?;
        algorithm.eq_ignore_ascii_case(ALGORITHM).then_some(digest)
    });
    let digest = sha256.and_then(FileDigest::from_base64).ok_or_else(bad)?;
    Ok(Some(digest))
}

pub fn header(digest: FileDigest) -> HeaderValue {
    HeaderValue::from_str(&format!("{ALGORITHM}={}", digest.to_base64())).expect("base64 is ASCII")
}
