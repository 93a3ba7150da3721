//! Cursors: positions in a query, sealed so that clients can neither read nor forge them.
//!
//! A cursor is the AES-GCM-SIV of its position under the database's secret, bound to the query it came from. There
//! is no nonce to draw: the mode is safe for repeated nonces, and equal positions give equal cursors, which caches like.

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use search::Rank;
use sha2::{Digest, Sha256};

use super::Query;
use crate::{Namespace, error::Error};

const AFTER: u8 = 1;
const END: u8 = 2;
const AFTER_HIT: u8 = 3;

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Right after this key, given without its space, so that it outlives the index being built anew.
    After(Bytes),
    /// Right after the result of a search that ranks here.
    AfterHit(Rank),
    End,
}

/// What a query is, for telling whether a cursor is its own.
pub struct Fingerprint([u8; 32]);

/// Makes and opens cursors.
pub struct CursorSeal(Aes256GcmSiv);

impl Fingerprint {
    /// `fields` are those of the index the query runs on.
    pub fn of(ns: Namespace, query: &Query, fields: &[String]) -> Fingerprint {
        let text = format!("{}\n{query:?}\n{fields:?}", ns.0);
        Fingerprint(Sha256::digest(text).into())
    }
}

impl CursorSeal {
    pub fn new(secret: &[u8; 32]) -> CursorSeal {
        CursorSeal(Aes256GcmSiv::new(secret.into()))
    }

    pub fn seal(&self, fingerprint: &Fingerprint, position: &Position) -> String {
        let mut plain = Vec::new();
        match position {
            Position::End => plain.push(END),
            Position::After(key) => {
                plain.push(AFTER);
                plain.extend_from_slice(key);
            }
            Position::AfterHit(Rank { score, created, id }) => {
                plain.push(AFTER_HIT);
                plain.extend_from_slice(&score.to_be_bytes());
                plain.extend_from_slice(&created.to_be_bytes());
                plain.extend_from_slice(id);
            }
        }
        let payload = Payload { msg: &plain, aad: &fingerprint.0 };
        let sealed = self.0.encrypt(&Nonce::default(), payload).expect("a key is far shorter than the cipher's limit");
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Errors: the developer error that makes clients restart from the first page.
    pub fn open(&self, fingerprint: &Fingerprint, cursor: &str) -> Result<Position, Error> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid_cursor())?;
        let payload = Payload { msg: &sealed, aad: &fingerprint.0 };
        let plain = self.0.decrypt(&Nonce::default(), payload).map_err(|_| invalid_cursor())?;
        match plain.split_first() {
            Some((&END, [])) => Ok(Position::End),
            Some((&AFTER, key)) => Ok(Position::After(Bytes::copy_from_slice(key))),
            Some((&AFTER_HIT, rank)) => Ok(Position::AfterHit(parse_rank(rank).ok_or_else(invalid_cursor)?)),
            _ => Err(invalid_cursor()),
        }
    }
}

fn parse_rank(bytes: &[u8]) -> Option<Rank> {
    let (score, rest) = bytes.split_first_chunk()?;
    let (created, rest) = rest.split_first_chunk()?;
    let (score, created) = (f64::from_be_bytes(*score), f64::from_be_bytes(*created));
    Some(Rank { score, created, id: rest.try_into().ok()? })
}

fn invalid_cursor() -> Error {
    Error::Developer {
        code: "InvalidCursor",
        message: "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.".into(),
        data: Some(r#"{"isConvexSystemError":true,"paginationError":"InvalidCursor"}"#.into()),
    }
}
