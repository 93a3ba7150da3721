//! Runs other programs and says plainly when one fails.

use std::ffi::OsStr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{places, processes};

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A command that runs at the root of the repository.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(places::root());
    command
}

/// The cargo that runs this program.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs to the end with its output on the terminal.
pub fn run(command: &mut Command) -> Result<()> {
    let name = describe(command);
    let status = command.status().with_context(|| format!("start {name}"))?;
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(())
}

/// Like [`run`], but a program that takes longer than `limit` is killed with all it started: a hanging test is a failed
/// step with a name, not a run that never ends.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let name = describe(command);
    let mut child = command.spawn().with_context(|| format!("start {name}"))?;
    let Some(status) = wait_until(&mut child, Instant::now() + limit).with_context(|| format!("wait for {name}"))?
    else {
        processes::kill_tree(child.id());
        child.wait().with_context(|| format!("end {name}"))?;
        bail!("{name}: killed after {} minutes", limit.as_secs() / 60);
    };
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(())
}

/// None when `end` came first.
fn wait_until(child: &mut Child, end: Instant) -> std::io::Result<Option<ExitStatus>> {
    loop {
        let status = child.try_wait()?;
        if status.is_some() || Instant::now() >= end {
            return Ok(status);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Runs to the end in silence; shows everything it printed if it fails.
pub fn run_quietly(command: &mut Command) -> Result<String> {
    let name = describe(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("start {name}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{name}: {}\n{printed}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(printed)
}

/// Whether the program is there and ends well.
pub fn succeeds(name: &str, arguments: &[&str]) -> bool {
    let quiet =
        Command::new(name).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).take(6).collect::<Vec<_>>().join(" ")
}
