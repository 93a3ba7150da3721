//! Who is calling.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

/// The caller of a function, as established by the server.
#[derive(Clone, Debug)]
pub enum Identity {
    Anonymous,
    User(Arc<UserIdentity>),
    /// Holder of an admin key. A read-only key may run queries only.
    Admin {
        read_only: bool,
    },
    /// An admin whom functions see as this user.
    ActingUser(Arc<UserIdentity>),
    /// The server itself: scheduled jobs, crons.
    System,
}

/// A signed-in user.
#[derive(Clone, Debug, PartialEq)]
pub struct UserIdentity {
    /// `issuer|subject`, unique over providers.
    pub token_identifier: String,
    pub issuer: String,
    pub subject: String,
    /// The other attributes under the names that functions see, such as `name` or a custom claim.
    pub attributes: Map<String, Json>,
    /// Seconds since the Unix epoch after which the token no longer counts; none for acting admins.
    pub expires_at: Option<u64>,
    /// The token the identity was read from; none for acting admins.
    pub token: Option<Arc<str>>,
}

impl UserIdentity {
    /// The object that `ctx.auth.getUserIdentity()` returns.
    pub fn to_json(&self) -> Json {
        let mut object = self.attributes.clone();
        object.insert("tokenIdentifier".into(), self.token_identifier.clone().into());
        object.insert("issuer".into(), self.issuer.clone().into());
        object.insert("subject".into(), self.subject.clone().into());
        Json::Object(object)
    }
}

impl Identity {
    /// May see internal functions, the server's own functions and other components.
    pub fn is_admin(&self) -> bool {
        match self {
            Identity::Admin { .. } | Identity::System | Identity::ActingUser(_) => true,
            Identity::Anonymous | Identity::User(_) => false,
        }
    }

    /// The user that functions see, if any.
    pub fn user(&self) -> Option<&Arc<UserIdentity>> {
        match self {
            Identity::User(user) | Identity::ActingUser(user) => Some(user),
            Identity::Anonymous | Identity::Admin { .. } | Identity::System => None,
        }
    }

    /// The `identityType` of log entries.
    pub fn log_name(&self) -> &'static str {
        match self {
            Identity::Anonymous => "unknown",
            Identity::User(_) => "user",
            Identity::Admin { .. } => "instance_admin",
            Identity::ActingUser(_) => "member_acting_user",
            Identity::System => "system",
        }
    }

    /// A text that differs whenever `getUserIdentity()` would.
    pub fn cache_key(&self) -> Arc<str> {
        match self.user() {
            None => Arc::from(""),
            Some(user) => Arc::from(user.to_json().to_string()),
        }
    }
}
