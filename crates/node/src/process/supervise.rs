//! Watches a process: ends it when told or idle, finds out why it ended by itself, and tells its calls.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus, sync::Arc, time::Duration};

use platform::Platform;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{process::Child, task::JoinHandle};

use super::{Ending, Process, spawn::Errors};
use crate::limits;

pub(super) struct Supervised {
    pub(super) process: Arc<Process>,
    pub(super) child: Child,
    pub(super) reading: JoinHandle<()>,
    pub(super) errors: Errors,
    pub(super) idle_ttl: Duration,
}

/// What the supervisor woke up for.
enum Woken {
    Exited(Option<ExitStatus>),
    Told,
    ChannelClosed,
    MaybeIdle,
}

impl Supervised {
    /// Returns once the process is gone and its calls know.
    pub(super) async fn run(mut self) -> Arc<Process> {
        let group = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let status = self.until_exit(group).await;
        // Programs it started and left behind.
        end_group(group);
        if !self.reading.is_finished() {
            let _ = (&mut self.reading).await;
        }
        let ending = self.reason(status).await;
        self.process.finish(ending);
        self.process
    }

    async fn until_exit(&mut self, group: Option<Pid>) -> Option<ExitStatus> {
        let clock = Platform::real();
        loop {
            match self.next().await {
                Woken::Exited(status) => return status,
                Woken::Told => {
                    end_group(group);
                    return self.child.wait().await.ok();
                }
                Woken::ChannelClosed => {
                    // Usually its exit follows at once; otherwise user code closed the descriptor.
                    tokio::select! {
                        status = self.child.wait() => return status.ok(),
                        () = clock.sleep(limits::STDERR_WAIT) => {}
                    }
                    self.process.kill(Ending::Protocol("it closed its channel".to_owned()));
                }
                Woken::MaybeIdle => {
                    let idle = self.process.idle_for().is_some_and(|idle| idle >= self.idle_ttl);
                    if idle {
                        self.process.retire_if_idle();
                    }
                }
            }
        }
    }

    async fn next(&mut self) -> Woken {
        let idle = self.process.idle_for().unwrap_or_default();
        let channel_open = !self.reading.is_finished();
        let process = &self.process;
        tokio::select! {
            status = self.child.wait() => Woken::Exited(status.ok()),
            () = process.stop.notified() => Woken::Told,
            _ = &mut self.reading, if channel_open => Woken::ChannelClosed,
            () = process.platform.sleep(self.idle_ttl.saturating_sub(idle)) => Woken::MaybeIdle,
        }
    }

    async fn reason(&mut self, status: Option<ExitStatus>) -> Ending {
        if let Some(reading) = self.errors.reading.take() {
            let clock = Platform::real();
            tokio::select! {
                _ = reading => {}
                // A program it left behind may hold the stream open.
                () = clock.sleep(limits::STDERR_WAIT) => {}
            }
        }
        let tail = String::from_utf8_lossy(&self.errors.tail.lock()).into_owned();
        if tail.contains("heap out of memory") || tail.contains("OOM") {
            return Ending::OutOfMemory;
        }
        let how = match status.map(|status| (status.code(), status.signal())) {
            Some((Some(code), _)) => format!("exit code {code}"),
            Some((None, Some(signal))) => format!("signal {signal}"),
            _ => "unknown reason".to_owned(),
        };
        Ending::Died(how)
    }
}

fn end_group(group: Option<Pid>) {
    if let Some(group) = group {
        // It fails when nobody of the group is left, which is what we want.
        let _ = kill_process_group(group, Signal::KILL);
    }
}
