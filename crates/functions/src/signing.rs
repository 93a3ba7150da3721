//! The key with which this deployment signs tokens for its app, and its public half for those who verify them.
//!
//! The key is made once and kept in a table that functions cannot read, so tokens stay valid over restarts and every
//! node of a deployment signs with the same one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::{BeginAt, CommitError, CommitOptions, Database, Namespace};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use platform::Platform;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use value::Value;

use crate::deploy::tables;

/// One row: the private scalar of the key.
const TABLE: &str = "_signing_keys";

/// Signs tokens with ES256.
pub(crate) struct TokenSigner {
    key: SigningKey,
    /// Coordinates of the public point, in base64url.
    x: String,
    y: String,
    /// Thumbprint of the public key, RFC 7638.
    key_id: String,
}

impl TokenSigner {
    /// Reads the key, making one on a new database. Blocking.
    pub fn load(database: &Database, platform: &Platform) -> Result<TokenSigner, db::Error> {
        loop {
            let mut tx = database.begin(BeginAt::Validated)?;
            if let Some(row) = tables::first(&mut tx, TABLE)? {
                let secret = match row.value.get("secret") {
                    Some(Value::Bytes(secret)) => SigningKey::from_slice(secret).ok(),
                    _ => None,
                };
                return secret.map(TokenSigner::new).ok_or_else(|| db::Error::Corrupt("the signing key".into()));
            }
            let key = random_key(platform);
            let row = tables::object([("secret", Value::Bytes(key.to_bytes().to_vec()))]);
            tx.insert(Namespace::ROOT, TABLE, row)?;
            match database.commit(tx, CommitOptions { source: "start".into(), on_validated: None }) {
                Ok(pending) => drop(pending.wait()?),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Failed(error)) => return Err(error),
            }
        }
    }

    fn new(key: SigningKey) -> TokenSigner {
        let point = key.verifying_key().to_encoded_point(false);
        let part = |bytes: Option<&p256::FieldBytes>| URL_SAFE_NO_PAD.encode(bytes.expect("a key is not the identity"));
        let (x, y) = (part(point.x()), part(point.y()));
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let key_id = URL_SAFE_NO_PAD.encode(Sha256::digest(canonical));
        TokenSigner { key, x, y, key_id }
    }

    /// A signed token with exactly these claims.
    pub fn sign(&self, claims: &Map<String, Json>) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": self.key_id });
        let part = |json: String| URL_SAFE_NO_PAD.encode(json);
        let body = serde_json::to_string(claims).expect("JSON serializes");
        let signed = format!("{}.{}", part(header.to_string()), part(body));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// The JSON Web Key Set with which anybody can verify the tokens.
    pub fn key_set(&self) -> Json {
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "x": self.x, "y": self.y, "alg": "ES256", "use": "sig", "kid": self.key_id,
        }] })
    }
}

fn random_key(platform: &Platform) -> SigningKey {
    loop {
        let mut secret = [0; 32];
        platform.fill_random(&mut secret);
        // All but a few of the largest numbers are keys.
        if let Ok(key) = SigningKey::from_slice(&secret) {
            return key;
        }
    }
}

#[cfg(test)]
mod tests;
