//! Keys of the `history` and `log` trees.
//!
//! A history key is `escaped key ‖ superseded ts`. Escaping turns each zero byte into `00 FF` and ends
//! the key with `00 00`, so that escaped keys sort like the keys themselves and none is a prefix of
//! another: the history of one key is one unbroken range, whatever the other keys are.

use value::Timestamp;

const TERMINATOR: [u8; 2] = [0, 0];
const ESCAPED_ZERO: [u8; 2] = [0, 0xFF];
const TS_BYTES: usize = 8;

/// Returns where the history of `key` begins, and of no smaller key.
pub(super) fn escape(key: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(key.len() + TERMINATOR.len() + TS_BYTES + 6);
    for part in key.split_inclusive(|byte| *byte == 0) {
        match part.split_last() {
            Some((0, before)) => {
                escaped.extend_from_slice(before);
                escaped.extend_from_slice(&ESCAPED_ZERO);
            }
            _ => escaped.extend_from_slice(part),
        }
    }
    escaped.extend_from_slice(&TERMINATOR);
    escaped
}

/// Returns the key of the version of `key` that ceased to be visible at `superseded`.
pub(super) fn history_key(key: &[u8], superseded: Timestamp) -> Vec<u8> {
    let mut bytes = escape(key);
    bytes.extend_from_slice(&log_key(superseded));
    bytes
}

/// Returns the escaped key inside a history key; `None` when it is too short to be one.
pub(super) fn escaped_part(history_key: &[u8]) -> Option<&[u8]> {
    let (escaped, _) = history_key.split_last_chunk::<TS_BYTES>()?;
    Some(escaped)
}

/// Undoes `escape`; `None` when the bytes are not an escaped key.
pub(super) fn unescape(escaped: &[u8]) -> Option<Vec<u8>> {
    let mut rest = escaped.strip_suffix(&TERMINATOR)?;
    let mut key = Vec::with_capacity(rest.len());
    while let Some(zero) = rest.iter().position(|byte| *byte == 0) {
        key.extend_from_slice(&rest[..zero]);
        rest = rest[zero..].strip_prefix(&ESCAPED_ZERO)?;
        key.push(0);
    }
    key.extend_from_slice(rest);
    Some(key)
}

/// Returns the key of the log entry of the commit at `ts`.
pub(super) fn log_key(ts: Timestamp) -> [u8; TS_BYTES] {
    ts.0.to_be_bytes()
}

/// Undoes `log_key`.
pub(super) fn parse_log_key(bytes: &[u8]) -> Option<Timestamp> {
    Some(Timestamp(u64::from_be_bytes(bytes.try_into().ok()?)))
}

#[cfg(test)]
mod tests;
