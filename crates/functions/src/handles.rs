//! Function handles: texts that name one function of one component instance, for whoever holds them.
//!
//! ```text
//! function:// base64url( version 1 │ namespace, u32 BE │ module:export │ HMAC-SHA256 of all before, 16 bytes ) # path
//! ```
//! The same function has the same handle in every deploy. A handle opens internal functions too, so it is signed: only
//! this deployment can make one. What follows `#` is for people.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::Namespace;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::FunctionPath;

const PREFIX: &str = "function://";
const VERSION: u8 = 1;
const MAC_BYTES: usize = 16;

/// Signs and checks handles.
#[derive(Clone)]
pub(crate) struct HandleKey(pub [u8; 32]);

impl HandleKey {
    /// The handle of the function at `path`, whose component lives in `namespace`.
    pub fn issue(&self, namespace: Namespace, path: &FunctionPath) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&namespace.0.to_be_bytes());
        bytes.extend_from_slice(path.to_string().as_bytes());
        let mac = self.mac(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac[..MAC_BYTES]);
        let component = if path.component.is_empty() { String::new() } else { format!("{}/", path.component) };
        format!("{PREFIX}{}#{component}{}", URL_SAFE_NO_PAD.encode(bytes), path.display_name())
    }

    /// The namespace and function that `handle` names; none if it is not one of this deployment's.
    pub fn open(&self, handle: &str) -> Option<(Namespace, String)> {
        let opaque = handle.strip_prefix(PREFIX)?.split('#').next()?;
        let bytes = URL_SAFE_NO_PAD.decode(opaque).ok()?;
        let (payload, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        self.mac(payload).verify_truncated_left(mac).ok()?;
        let (version, rest) = payload.split_first()?;
        let (namespace, path) = rest.split_first_chunk::<4>()?;
        let path = String::from_utf8(path.to_vec()).ok()?;
        (*version == VERSION).then(|| (Namespace(u32::from_be_bytes(*namespace)), path))
    }

    fn mac(&self, payload: &[u8]) -> Hmac<Sha256> {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.chain_update(payload)
    }
}

#[cfg(test)]
mod tests;
