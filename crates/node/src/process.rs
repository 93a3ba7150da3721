//! One Node.js process: its start, its frames, its end.
//!
//! A process belongs to one package and one environment for life, so its modules are evaluated once and never
//! mixed. Four tasks serve it: one writes frames, one reads them and hands each to its call, one keeps the end of
//! the error stream, and one supervises: it ends the process when told or idle, and tells the calls.
//!
//! Invariant: a call learns its end exactly once, from its `done` frame or from its event channel closing.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use platform::Platform;
use tokio::{
    io::BufReader,
    net::{UnixStream, unix::OwnedReadHalf},
    sync::{Notify, mpsc},
};

use crate::{
    Environment, Package,
    frame::{self, FromNode},
    limits,
};

mod spawn;
mod supervise;

pub(crate) use spawn::{Launch, spawn};

/// What a process is bound to.
#[derive(Clone)]
pub(crate) struct Generation {
    pub(crate) package: Arc<Package>,
    pub(crate) environment: Arc<Environment>,
}

impl Generation {
    fn is(&self, other: &Generation) -> bool {
        // Packages are unique by content, see `Packages`.
        Arc::ptr_eq(&self.package, &other.package) && self.environment.hash() == other.environment.hash()
    }
}

/// Where frames for a process go; a process that is gone swallows them.
#[derive(Clone)]
pub(crate) struct Outbox(mpsc::Sender<Bytes>);

impl Outbox {
    pub(crate) async fn send(&self, frame: Bytes) {
        // An error means that the process ended, which the call learns from its events.
        let _ = self.0.send(frame).await;
    }

    /// Sends where waiting is impossible; false when there is no room.
    pub(crate) fn try_send(&self, frame: Bytes) -> bool {
        self.0.try_send(frame).is_ok()
    }
}

/// Something a process said about a call, with its body.
pub(crate) type Event = (FromNode, Bytes);

/// Why a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was not needed any more.
    Retired,
    /// A call in it kept it from answering.
    Unresponsive,
    OutOfMemory,
    /// It broke the rules of the channel.
    Protocol(String),
    /// By itself: `exit code 1`, `signal 9`.
    Died(String),
}

pub(crate) struct Process {
    generation: Generation,
    platform: Platform,
    outbox: Outbox,
    stop: Notify,
    state: Mutex<State>,
}

struct State {
    calls: HashMap<u64, Slot>,
    draining: bool,
    /// Set before the process is killed by us, or once it is gone.
    ending: Option<Ending>,
    gone: bool,
    idle_since: Duration,
}

struct Slot {
    events: mpsc::Sender<Event>,
    /// When the process was given the call; None once it began.
    waiting_since: Option<Duration>,
}

/// How busy a process is.
pub(crate) struct Load {
    pub(crate) calls: usize,
    pub(crate) stalled: bool,
    pub(crate) idle_since: Duration,
}

impl Process {
    fn new(generation: Generation, platform: Platform, outbox: Outbox) -> Process {
        let state = State {
            calls: HashMap::new(),
            draining: false,
            ending: None,
            gone: false,
            idle_since: platform.monotonic(),
        };
        Process { generation, platform, outbox, stop: Notify::new(), state: Mutex::new(state) }
    }

    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub(crate) fn serves(&self, generation: &Generation) -> bool {
        self.generation.is(generation)
    }

    /// How busy it is, or `None` when it takes no new calls.
    pub(crate) fn load(&self) -> Option<Load> {
        let state = self.state.lock();
        if state.draining || state.ending.is_some() {
            return None;
        }
        let now = self.platform.monotonic();
        let waits = |slot: &Slot| slot.waiting_since.is_some_and(|since| now - since > limits::STALLED_AFTER);
        Some(Load { calls: state.calls.len(), stalled: state.calls.values().any(waits), idle_since: state.idle_since })
    }

    /// Registers a call; `None` when the process has stopped taking any.
    pub(crate) fn register(&self, call: u64) -> Option<mpsc::Receiver<Event>> {
        let mut state = self.state.lock();
        if state.draining || state.ending.is_some() {
            return None;
        }
        let (events, receiver) = mpsc::channel(limits::EVENTS_PER_CALL_MAX);
        state.calls.insert(call, Slot { events, waiting_since: Some(self.platform.monotonic()) });
        Some(receiver)
    }

    /// Forgets a call. The last one to leave a draining process ends it.
    pub(crate) fn unregister(&self, call: u64) {
        let mut state = self.state.lock();
        state.calls.remove(&call);
        state.idle_since = self.platform.monotonic();
        if state.draining && state.calls.is_empty() {
            drop(state);
            self.kill(Ending::Retired);
        }
    }

    /// Takes no new calls from now on; it ends with its last one.
    pub(crate) fn drain(&self) {
        let mut state = self.state.lock();
        state.draining = true;
        if state.calls.is_empty() {
            drop(state);
            self.kill(Ending::Retired);
        }
    }

    /// Ends the process and whatever it started; calls in it fail with `ending`.
    pub(crate) fn kill(&self, ending: Ending) {
        self.state.lock().ending.get_or_insert(ending);
        self.stop.notify_one();
    }

    /// Ends the process unless somebody uses it.
    pub(crate) fn retire_if_idle(&self) -> bool {
        let mut state = self.state.lock();
        if !state.calls.is_empty() || state.ending.is_some() {
            return false;
        }
        state.ending = Some(Ending::Retired);
        self.stop.notify_one();
        true
    }

    /// Why it ended; only meaningful to a call whose events ended.
    pub(crate) fn ending(&self) -> Ending {
        self.state.lock().ending.clone().unwrap_or(Ending::Retired)
    }

    fn idle_for(&self) -> Option<Duration> {
        let state = self.state.lock();
        state.calls.is_empty().then(|| self.platform.monotonic().saturating_sub(state.idle_since))
    }

    /// Closes every call's events.
    fn finish(&self, ending: Ending) {
        let mut state = self.state.lock();
        state.ending.get_or_insert(ending);
        state.gone = true;
        state.calls.clear();
    }

    /// Hands a frame to its call; frames of calls nobody waits for any more are dropped.
    fn dispatch(&self, frame: FromNode, body: Bytes) {
        let Some(call) = frame.call() else { return self.drain() };
        let mut state = self.state.lock();
        let Some(slot) = state.calls.get_mut(&call) else { return };
        if matches!(frame, FromNode::Started { .. }) {
            slot.waiting_since = None;
        }
        let full = matches!(slot.events.try_send((frame, body)), Err(mpsc::error::TrySendError::Full(_)));
        drop(state);
        if full {
            self.kill(Ending::Protocol("too many frames at once".to_owned()));
        }
    }
}

/// Reads until the process closes its side.
async fn read_frames(process: Arc<Process>, stream: OwnedReadHalf) {
    let mut stream = BufReader::with_capacity(64 * 1024, stream);
    loop {
        match frame::read(&mut stream).await {
            Ok(Some((frame, body))) => process.dispatch(frame, body),
            Ok(None) => return,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return process.kill(Ending::Protocol(error.to_string()));
            }
            Err(_) => return,
        }
    }
}

/// Writes frames until the process or the last sender is gone.
async fn write_frames(mut stream: tokio::net::unix::OwnedWriteHalf, mut frames: mpsc::Receiver<Bytes>) {
    use tokio::io::AsyncWriteExt;
    while let Some(frame) = frames.recv().await {
        if stream.write_all(&frame).await.is_err() {
            return;
        }
    }
}

fn start_channel(
    stream: UnixStream,
    process: impl FnOnce(Outbox) -> Arc<Process>,
) -> (Arc<Process>, tokio::task::JoinHandle<()>) {
    let (reader, writer) = stream.into_split();
    let (sender, frames) = mpsc::channel(limits::OUTBOX_FRAMES_MAX);
    let process = process(Outbox(sender));
    tokio::spawn(write_frames(writer, frames));
    let reading = tokio::spawn(read_frames(process.clone(), reader));
    (process, reading)
}
