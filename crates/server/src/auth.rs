//! Who is calling: admin keys, user tokens, and admins acting as users.
//!
//! A [`Credential`] is what a request carries; [`Authenticator::verify`] turns it into an `Identity` or refuses it.
//! A bad credential is never downgraded to anonymous.

mod admin_key;
mod claims;
mod credential;
mod keys;
mod network;
mod token;

use std::sync::Arc;

use functions::Identity;

use crate::error::ApiError;
use crate::options::Instance;
use crate::state::AppState;

pub use admin_key::{AdminKeys, KeyError, instance_secret_from_hex};
pub use credential::{AdminCredential, Credential};
pub use keys::{Document, FetchError, KeyCache, KeySource, NoNetwork};
pub use network::Network;

/// Checks credentials. One per server.
pub struct Authenticator {
    admin_keys: AdminKeys,
    keys: KeyCache,
}

impl Authenticator {
    pub fn new(instance: &Instance, source: Arc<dyn KeySource>) -> Authenticator {
        Authenticator { admin_keys: AdminKeys::new(&instance.name, &instance.secret), keys: KeyCache::new(source) }
    }

    /// The identity behind `credential`.
    ///
    /// Errors: 401 for what cannot be verified, 400 or 403 by cause.
    pub async fn verify(&self, credential: Credential, state: &AppState) -> Result<Identity, ApiError> {
        match credential {
            Credential::Anonymous => Ok(Identity::Anonymous),
            Credential::Admin(credential) => self.verify_admin(&credential),
            Credential::User(token) => self.verify_user(&token, state).await,
        }
    }

    /// The identity behind an admin key, prefixes and acting-as part included, as request bodies carry it.
    ///
    /// Errors: 401 `BadAdminKey`, 403 `BadDeployKey` for another deployment's key.
    pub fn verify_admin_key(&self, key: &str) -> Result<Identity, ApiError> {
        self.verify_admin(&AdminCredential::parse(key)?)
    }

    /// The same for a key already taken apart.
    pub fn verify_admin(&self, credential: &AdminCredential) -> Result<Identity, ApiError> {
        let read_only = self.admin_keys.verify(&credential.key)?;
        Ok(match &credential.acting_as {
            None => Identity::Admin { read_only },
            Some(_) if read_only => {
                return Err(ApiError::forbidden(
                    "Unauthorized",
                    "You do not have permission to perform this operation: a read-only key cannot act as a user.",
                ));
            }
            Some(user) => Identity::ActingUser(user.clone()),
        })
    }

    /// The user behind a JSON Web Token of one of the app's providers.
    pub async fn verify_user(&self, token: &str, state: &AppState) -> Result<Identity, ApiError> {
        let deployment = state.runtime.deployment();
        let check =
            token::Check { providers: &deployment.auth_providers, redact: state.redact, platform: &state.platform };
        let mut user = token::verify(token, &check, &self.keys).await?;
        user.token = Some(Arc::from(token));
        Ok(Identity::User(Arc::new(user)))
    }
}

#[cfg(test)]
mod tests;
