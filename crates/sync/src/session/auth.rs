//! Who the connection speaks for.

use std::collections::VecDeque;

use functions::{ErrorKind, Identity, SystemError};

use crate::closing::Ending;
use crate::effect::Effect;
use crate::session::{Session, ending_of};
use crate::wire::client_message::Authenticate;

/// The count of accepted `Authenticate` messages, and the one being checked.
#[derive(Default)]
pub struct Auth {
    version: u32,
    pending: bool,
    /// Frames that arrived while credentials were being checked. Whoever drives the session stops reading then,
    /// so there are few.
    held: VecDeque<String>,
}

impl Auth {
    pub fn version(&self) -> u32 {
        self.version
    }

    pub fn is_pending(&self) -> bool {
        self.pending
    }

    pub fn hold(&mut self, text: String) {
        self.held.push_back(text);
    }

    /// The next frame whose turn has come.
    pub fn next_held(&mut self) -> Option<String> {
        if self.pending { None } else { self.held.pop_front() }
    }
}

impl Session {
    pub(super) fn on_authenticate(&mut self, message: Authenticate, effects: &mut Vec<Effect>) -> Result<(), Ending> {
        if message.base_version != self.auth.version {
            return Err(Ending::internal());
        }
        match message.request {
            None => self.accept(Identity::Anonymous),
            Some(request) => {
                self.auth.pending = true;
                effects.push(Effect::Authenticate(request));
            }
        }
        Ok(())
    }

    pub(super) fn on_authenticated(&mut self, verdict: Result<Identity, SystemError>) -> Result<(), Ending> {
        self.auth.pending = false;
        match verdict {
            Ok(identity) => {
                self.accept(identity);
                Ok(())
            }
            Err(error) => Err(rejection(error)),
        }
    }

    /// A change of identity makes every result stale.
    fn accept(&mut self, identity: Identity) {
        self.identity = identity;
        self.auth.version += 1;
        self.queries.change_identity(&self.identity);
        self.transitions.want();
    }
}

/// Only a verdict on the credentials is an `AuthError`; trouble on the way lets the client retry with the same ones.
fn rejection(error: SystemError) -> Ending {
    match error.kind {
        ErrorKind::BadRequest | ErrorKind::Unauthenticated | ErrorKind::Forbidden => {
            Ending::unauthenticated(format!("{}: {}", error.code, error.message), true)
        }
        ErrorKind::NotFound
        | ErrorKind::Timeout
        | ErrorKind::Conflict
        | ErrorKind::RateLimited
        | ErrorKind::Overloaded
        | ErrorKind::OutOfRetention
        | ErrorKind::Internal => ending_of(error),
    }
}
