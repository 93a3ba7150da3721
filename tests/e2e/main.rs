//! The shipped executable, driven from outside: one file per feature.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod command_line;
mod contention;
mod durability;
mod failing_disk;
mod rust_client;
