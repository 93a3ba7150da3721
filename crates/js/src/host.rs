//! What a function may ask of the world around it: the trait the `functions` crate implements.

use crate::call::Usage;

/// Answers the operations of one call. Methods run on the calling thread, inside the JavaScript that asked.
pub trait Host {
    /// Runs a synchronous operation; `args` and the result are JSON text.
    fn syscall(&mut self, name: &str, args: &str) -> Result<String, HostError>;

    /// Runs an operation whose result JavaScript receives through a promise; executed at once, in call order.
    fn async_syscall(&mut self, name: &str, args: &str) -> Result<String, HostError>;

    /// Reads an environment variable, `None` when unset.
    fn env_var(&mut self, name: &str) -> Option<String>;

    /// Receives one console line, its arguments already formatted.
    fn console(&mut self, level: ConsoleLevel, messages: Vec<String>);

    /// Is told what a call used when it has ended, also when it failed.
    fn ended(&mut self, usage: Usage) {
        let _ = usage;
    }
}

/// The level of a console line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsoleLevel {
    Debug,
    Error,
    Warn,
    Info,
    Log,
}

impl ConsoleLevel {
    /// The name used in structured log lines.
    pub fn as_str(self) -> &'static str {
        match self {
            ConsoleLevel::Debug => "DEBUG",
            ConsoleLevel::Error => "ERROR",
            ConsoleLevel::Warn => "WARN",
            ConsoleLevel::Info => "INFO",
            ConsoleLevel::Log => "LOG",
        }
    }
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    /// Text shown to the developer.
    pub message: String,
    /// Application data of a `ConvexError`, as JSON text.
    pub data: Option<String>,
    pub kind: HostErrorKind,
}

/// Who is told about a failed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostErrorKind {
    /// User code sees an exception and may catch it.
    Developer,
    /// The call ends at once; user code never learns of it.
    System,
}

impl HostError {
    /// An error user code may catch.
    pub fn developer(message: impl Into<String>) -> HostError {
        HostError { message: message.into(), data: None, kind: HostErrorKind::Developer }
    }

    /// An error that ends the call.
    pub fn system(message: impl Into<String>) -> HostError {
        HostError { message: message.into(), data: None, kind: HostErrorKind::System }
    }
}
