//! Child processes that end with their guard.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// How long a child may take to end after it was asked to.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a child that should end is looked at.
const STOP_POLL: Duration = Duration::from_millis(5);

/// A running child; dropping it asks it to stop, waits, and kills it if it does not.
pub struct Guard {
    child: Child,
    signal: &'static str,
}

impl Guard {
    /// Starts `command`. `signal` is the name that asks it to stop, such as `TERM`.
    pub fn spawn(command: &mut Command, signal: &'static str) -> Result<Guard> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("start {command:?}"))?;
        Ok(Guard { child, signal })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The first line on the child's standard output that starts with `prefix`, without it.
    pub fn line_after(&mut self, prefix: &str) -> Result<String> {
        let output = self.child.stdout.take().context("standard output is not piped")?;
        for line in BufReader::new(output).lines() {
            if let Some(rest) = line.context("read the child's output")?.strip_prefix(prefix) {
                return Ok(rest.trim().to_owned());
            }
        }
        bail!("the child ended without printing {prefix:?}")
    }

    /// Whether the child still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the child the hard way.
    pub fn kill(mut self) {
        self.signal = "KILL";
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // A child that is gone already makes these fail, which is what is wanted.
        let _ = Command::new("kill").arg(format!("-{}", self.signal)).arg(self.id().to_string()).output();
        let deadline = Instant::now() + STOP_TIMEOUT;
        while self.is_running() && Instant::now() < deadline {
            std::thread::sleep(STOP_POLL);
        }
        if self.is_running() {
            eprintln!("process {} did not stop in {STOP_TIMEOUT:?}; killing it", self.id());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `command` to its end and returns its standard output; a failure carries its whole output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("start {command:?}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{command:?} failed\n{text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

/// A port nobody listens on right now.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("find a free port")?;
    Ok(listener.local_addr().context("read the port")?.port())
}
