//! The processes of the demo: all end when one ends, or when the demo does.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const LOOK_EVERY: Duration = Duration::from_millis(200);
const GRACE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct Children {
    running: Vec<Running>,
}

struct Running {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Children {
    /// Starts a process whose output goes to `log`.
    pub fn start(&mut self, name: &'static str, command: &mut Command, log: &Path) -> Result<()> {
        let output = File::create(log).with_context(|| format!("write {}", log.display()))?;
        let errors = output.try_clone().context("share the log file")?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .with_context(|| format!("start {name}"))?;
        self.running.push(Running { name, child, log: log.to_owned() });
        Ok(())
    }

    pub fn all_alive(&mut self) -> Result<()> {
        for Running { name, child, log } in &mut self.running {
            if let Some(status) = child.try_wait().with_context(|| format!("ask after {name}"))? {
                bail!("{name} ended ({status}):\n{}", std::fs::read_to_string(log).unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Returns when the demo is asked to stop; fails when one of the processes ends by itself.
    pub fn wait(mut self, stopped: &Receiver<()>) -> Result<()> {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(LOOK_EVERY) {
            self.all_alive()?;
        }
        println!("\nstopping");
        Ok(())
    }
}

impl Drop for Children {
    /// Asks every process to end, and ends those that do not.
    fn drop(&mut self) {
        for Running { child, .. } in &self.running {
            let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).stderr(Stdio::null()).status();
        }
        let end = Instant::now() + GRACE;
        for Running { child, log, .. } in &mut self.running {
            while matches!(child.try_wait(), Ok(None)) && Instant::now() < end {
                std::thread::sleep(LOOK_EVERY);
            }
            let _ = child.kill();
            let _ = child.wait();
            let _ = std::fs::remove_file(log);
        }
    }
}
