//! The one binary. This file reads like a summary: parse, run, exit code.

mod args;
mod banner;
mod data_dir;
mod dev;
mod exit;
mod key;
mod logging;
mod prefix;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command, KeygenCommand};

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(options) => serve::run(options),
        Command::Dev(options) => dev::run(options),
        Command::Key(options) => key::run(options),
        Command::Keygen { command: KeygenCommand::AdminKey(options) } => key::run_keygen(options),
    };
    outcome.unwrap_or_else(|error| exit::report(&error))
}
