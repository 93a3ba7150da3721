//! `cargo xtask bench`: builds server and benchmarks in release mode and hands over.

use anyhow::{Result, bail};

use crate::command;

pub fn run(words: &[&str]) -> Result<()> {
    if words.is_empty() {
        bail!("name a benchmark: cargo xtask bench NAME [--quick]");
    }
    // The benchmarks drive the shipped server, so it is built the same way.
    command::run(&mut command::cargo(&["build", "--release", "--package", "cli"]))?;
    command::run(command::cargo(&["run", "--release", "--package", "benches", "--"]).args(words))
}
