//! Exit codes, and how a failure is told.

use std::process::ExitCode;

/// Anything without a code of its own.
const FAILURE: u8 = 1;

/// Another server has the data directory or the port.
const IN_USE: u8 = 3;

/// Prints the chain of causes once and picks the exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    eprintln!("concave: {}", chain.join(": "));
    if let Some(hint) = hint(error) {
        eprintln!("         {hint}");
    }
    ExitCode::from(code(error))
}

fn code(error: &anyhow::Error) -> u8 {
    if is_locked(error) || is_address_in_use(error) { IN_USE } else { FAILURE }
}

fn hint(error: &anyhow::Error) -> Option<&'static str> {
    if is_locked(error) {
        return Some("Stop the other server first, or give this one its own --data-dir.");
    }
    is_address_in_use(error)
        .then_some("Stop what is listening there, or choose other ports with --port and --site-port.")
}

fn is_locked(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(storage::OpenError::Locked { .. })))
}

fn is_address_in_use(error: &anyhow::Error) -> bool {
    let kind =
        |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    error.chain().any(|cause| kind(cause) == Some(std::io::ErrorKind::AddrInUse))
}
