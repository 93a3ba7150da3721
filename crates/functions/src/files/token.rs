//! Upload tokens: permission to upload into one component for a while, signed with a secret of the database.
//!
//! ```text
//! version 1 │ expiry, ms since the Unix epoch, u64 BE │ namespace, u32 BE │ HMAC-SHA256 of all before │ → base64url
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::{BeginAt, CommitError, CommitOptions, Database, Namespace};
use hmac::{Hmac, KeyInit, Mac};
use platform::Platform;
use sha2::Sha256;
use value::{DocumentId, InternalId, Object, Value};

use crate::{ErrorKind, SystemError};

/// How long a token may be used, in milliseconds: one hour.
pub(super) const TOKEN_LIFE_MS: u64 = 60 * 60 * 1000;

const VERSION: u8 = 1;
const PAYLOAD_BYTES: usize = 1 + 8 + 4;
const SECRETS: &str = "_storage_secrets";
/// The one row of that table.
const SECRET_ROW: InternalId = InternalId([0; 16]);

/// Signs and checks tokens.
#[derive(Clone)]
pub(crate) struct TokenKey([u8; 32]);

impl TokenKey {
    /// Finds the database's secret, making one on a new database.
    pub fn load(database: &Database, platform: &Platform) -> Result<TokenKey, db::Error> {
        let mut tx = database.begin(BeginAt::Validated)?;
        if let Some(table) = tx.table_number(Namespace::ROOT, SECRETS)
            && let Some(row) = tx.get(Namespace::ROOT, DocumentId { table, internal: SECRET_ROW })?
        {
            let Some(Value::Bytes(secret)) = row.value.get("secret") else {
                return Err(db::Error::Corrupt("the secret of upload tokens".into()));
            };
            let secret = secret.as_slice().try_into();
            return secret.map(TokenKey).map_err(|_| db::Error::Corrupt("the secret of upload tokens".into()));
        }
        let mut secret = [0; 32];
        platform.fill_random(&mut secret);
        let row: Object = [("secret".to_owned(), Value::Bytes(secret.to_vec()))].into_iter().collect();
        tx.insert_with_internal_id(Namespace::ROOT, SECRETS, SECRET_ROW, row)?;
        match database.commit(tx, CommitOptions { source: "start".into(), on_validated: None }) {
            Ok(pending) => pending.wait().map(|_| TokenKey(secret)),
            Err(CommitError::Failed(error)) => Err(error),
            Err(CommitError::Conflict(_)) => TokenKey::load(database, platform),
        }
    }

    /// A token for uploads into `namespace` that begin before an hour from `now_ms`.
    pub fn issue(&self, namespace: Namespace, now_ms: u64) -> String {
        let mut token = Vec::with_capacity(PAYLOAD_BYTES + 32);
        token.push(VERSION);
        token.extend_from_slice(&now_ms.saturating_add(TOKEN_LIFE_MS).to_be_bytes());
        token.extend_from_slice(&namespace.0.to_be_bytes());
        let signature = self.mac(&token).finalize().into_bytes();
        token.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The namespace that `token` opens.
    ///
    /// Errors: 401 `StorageTokenInvalid`, `StorageTokenExpired`.
    pub fn check(&self, token: &str, now_ms: u64) -> Result<Namespace, SystemError> {
        let refused = |code, text: &str| SystemError::new(ErrorKind::Unauthenticated, code, text);
        let invalid = || refused("StorageTokenInvalid", "The upload URL is not valid. Generate a new one.");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let (payload, signature) = bytes.split_at_checked(PAYLOAD_BYTES).ok_or_else(invalid)?;
        self.mac(payload).verify_slice(signature).map_err(|_| invalid())?;
        let (version, rest) = payload.split_first().ok_or_else(invalid)?;
        let (expiry, namespace) = rest.split_first_chunk::<8>().ok_or_else(invalid)?;
        let namespace: [u8; 4] = namespace.try_into().map_err(|_| invalid())?;
        if *version != VERSION {
            return Err(invalid());
        }
        if u64::from_be_bytes(*expiry) <= now_ms {
            return Err(refused("StorageTokenExpired", "The upload URL has expired. Generate a new one."));
        }
        Ok(Namespace(u32::from_be_bytes(namespace)))
    }

    /// A key for another purpose, which tells nothing about this one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        // No payload of a token is as long as this.
        self.mac(format!("a key derived for {purpose}").as_bytes()).finalize().into_bytes().into()
    }

    fn mac(&self, payload: &[u8]) -> Hmac<Sha256> {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.chain_update(payload)
    }
}
