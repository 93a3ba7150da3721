//! How a connection ends: one table from kinds of failure to last messages, close codes and reasons.

use functions::{ErrorKind, SystemError};

use crate::limits::CLOSE_REASON_BYTES_MAX;

/// The close frame. Without a code clients see 1005.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub code: Option<u16>,
    pub reason: String,
}

const NORMAL: u16 = 1000;
const INTERNAL: u16 = 1011;
const TRY_AGAIN_LATER: u16 = 1013;

/// The end of a session: a last message, if any, and the close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub last: Option<LastMessage>,
    pub closing: Closing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LastMessage {
    /// Retrying cannot help.
    Fatal(String),
    /// The client should come back with another token.
    Auth { error: String, update_attempted: bool },
}

impl Ending {
    /// The client broke the protocol.
    pub fn fatal(code: &str, message: &str) -> Ending {
        Ending { last: Some(LastMessage::Fatal(format!("{code}: {message}"))), closing: silent() }
    }

    pub fn malformed(why: &str) -> Ending {
        Ending::fatal("WSMessageInvalidJson", why)
    }

    /// Our trouble; the client comes back after a wait.
    pub fn internal() -> Ending {
        Ending { last: None, closing: with_code(INTERNAL, "InternalServerError") }
    }

    pub fn overloaded(code: &str) -> Ending {
        Ending { last: None, closing: with_code(TRY_AGAIN_LATER, code) }
    }

    pub fn unauthenticated(error: String, update_attempted: bool) -> Ending {
        Ending { last: Some(LastMessage::Auth { error, update_attempted }), closing: silent() }
    }

    /// The table.
    pub fn of(error: &SystemError) -> Ending {
        let fatal = || Some(LastMessage::Fatal(format!("{}: {}", error.code, error.message)));
        match error.kind {
            ErrorKind::BadRequest | ErrorKind::Conflict => Ending { last: fatal(), closing: silent() },
            ErrorKind::Unauthenticated => Ending::unauthenticated(error.message.clone(), false),
            ErrorKind::Forbidden => Ending { last: fatal(), closing: with_code(NORMAL, error.code) },
            ErrorKind::NotFound | ErrorKind::Timeout => Ending { last: None, closing: with_code(NORMAL, error.code) },
            ErrorKind::RateLimited | ErrorKind::Overloaded | ErrorKind::OutOfRetention => {
                Ending::overloaded(error.code)
            }
            ErrorKind::Internal => Ending::internal(),
        }
    }
}

fn silent() -> Closing {
    Closing { code: None, reason: String::new() }
}

fn with_code(code: u16, reason: &str) -> Closing {
    let mut end = reason.len().min(CLOSE_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    Closing { code: Some(code), reason: reason[..end].to_owned() }
}
