//! What can go wrong: in the user's action, in an operation it asked for, and around Node.js itself.

use thiserror::Error;

/// An action that ran and failed. It is the developer's to see, and never retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionError {
    pub kind: FailureKind,
    /// The thrown value's name, or the event that ended the action: `exit`, `unhandledRejection`, `uncaughtException`.
    pub name: String,
    /// The thrown value's message alone.
    pub message: String,
    /// Encoded JSON text of a `ConvexError`'s data.
    pub data: Option<String>,
    /// Source-mapped frames, each `    at …`, without the runtime's own.
    pub frames: Vec<String>,
}

/// How an action came to its bad end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It threw, or its module did.
    Thrown,
    /// `process.exit`, an unhandled rejection or an uncaught exception.
    Event,
    /// It did not finish in time.
    TimedOut,
    /// Its process ran out of memory.
    OutOfMemory,
    /// Its process died.
    Crashed,
}

impl ActionError {
    /// Returns the complete text, `Uncaught Error: boom` with a line for each frame.
    pub fn text(&self) -> String {
        let mut text = match self.kind {
            FailureKind::TimedOut | FailureKind::OutOfMemory | FailureKind::Crashed => self.message.clone(),
            FailureKind::Thrown | FailureKind::Event => self.heading(),
        };
        for frame in &self.frames {
            text.push('\n');
            text.push_str(frame);
        }
        truncate(&mut text, crate::limits::ERROR_BYTES_MAX);
        text
    }

    fn heading(&self) -> String {
        match (self.name.as_str(), self.message.as_str()) {
            ("", "") => "Uncaught".to_owned(),
            ("", message) => format!("Uncaught {message}"),
            (name, "") => format!("Uncaught {name}"),
            (name, message) => format!("Uncaught {name}: {message}"),
        }
    }

    pub(crate) fn plain(kind: FailureKind, message: impl Into<String>) -> ActionError {
        ActionError { kind, name: String::new(), message: message.into(), data: None, frames: Vec::new() }
    }
}

/// The answer to an operation that failed; the action sees an `Error`, or a `ConvexError` when there is data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    pub message: String,
    /// Encoded JSON text.
    pub data: Option<String>,
}

impl HostError {
    /// An error without data.
    pub fn new(message: impl Into<String>) -> HostError {
        HostError { message: message.into(), data: None }
    }
}

/// Why an action could not be run, a package not be made or analysed.
#[derive(Debug, Error)]
pub enum NodeError {
    #[error(
        "Deployment is not configured to deploy \"use node\" actions. Node.js v20, 22, or 24 is not installed. \
         Install a supported Node.js version to run them: {0}"
    )]
    NotInstalled(String),
    #[error(
        "Node actions arguments size is too large. The maximum size is 5 MiB. Actual size: {0} bytes. Reduce the \
         arguments, or pass large data through file storage."
    )]
    ArgumentsTooLarge(usize),
    #[error("Too many concurrent requests. Node actions already running: {0}")]
    Overloaded(usize),
    #[error("Couldn't find JavaScript module '{0}'. Did you forget to run `npx convex dev`?")]
    ModuleNotFound(String),
    #[error("Invalid path '{0}' of a module for Node.js")]
    InvalidModulePath(String),
    #[error("Failed to analyze {module}: {}", .error.text())]
    Analysis { module: String, error: Box<ActionError>, log_lines: Vec<crate::LogLine> },
    #[error(
        "`{function}` defined in `{module}` is a {kind} function. Only actions can be defined in Node.js. See \
         https://docs.convex.dev/functions/actions for more details."
    )]
    NotAnAction { function: String, module: String, kind: String },
    #[error("{0}")]
    InvalidExternalModules(String),
    #[error("could not use the folder of Node.js actions")]
    Io(#[from] std::io::Error),
    #[error("the Node.js process could not be understood: {0}")]
    Protocol(String),
}

impl NodeError {
    /// The stable code, in the developer's terms.
    pub fn code(&self) -> &'static str {
        match self {
            NodeError::NotInstalled(_) => "DeploymentNotConfiguredForNodeActions",
            NodeError::ArgumentsTooLarge(_) => "ArgsTooLarge",
            NodeError::Overloaded(_) => "TooManyConcurrentRequests",
            NodeError::ModuleNotFound(_) => "ModuleNotFound",
            NodeError::InvalidModulePath(_) | NodeError::Analysis { .. } | NodeError::NotAnAction { .. } => {
                "InvalidModules"
            }
            NodeError::InvalidExternalModules(_) => "InvalidExternalModules",
            NodeError::Io(_) | NodeError::Protocol(_) => "InternalServerError",
        }
    }
}

/// Cuts `text` to at most `bytes_max` bytes, at a character boundary.
pub(crate) fn truncate(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        let end = (0..=bytes_max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
}
