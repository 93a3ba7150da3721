//! Starts a process with a private channel.
//!
//! The channel is one end of a socket pair, handed over as standard input; a one-line shell script moves it to
//! descriptor 3 before Node.js takes the script's place. User code can then neither read it by reading standard
//! input nor write to it with `process.stdout`, and Node.js keeps it from the programs user code starts.

use std::{
    io,
    os::{fd::OwnedFd, unix::net::UnixStream as StdUnixStream},
    path::Path,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use platform::Platform;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::UnixStream,
    process::{Child, Command},
    task::JoinHandle,
};

use super::{Generation, Process, start_channel, supervise};
use crate::{frame, limits};

const MOVE_CHANNEL: &str = r#"exec "$0" "$@" 3<&0 0</dev/null"#;

/// What a process may see of the server's own environment.
const INHERITED: [&str; 6] = ["PATH", "PWD", "LANG", "NODE_PATH", "TZ", "UTC"];

/// How processes are started.
pub(crate) struct Launch<'a> {
    pub(crate) node_binary: &'a Path,
    /// The executor's first file.
    pub(crate) executor: &'a Path,
    pub(crate) memory_mb: u32,
    pub(crate) idle_ttl: Duration,
    pub(crate) platform: &'a Platform,
}

/// Starts a process for `generation`; `on_end` runs once it is gone.
///
/// It is usable at once: frames wait in the socket until Node.js has started.
pub(crate) fn spawn(
    launch: &Launch<'_>,
    generation: Generation,
    on_end: impl FnOnce(&Arc<Process>) + Send + 'static,
) -> io::Result<Arc<Process>> {
    let (ours, theirs) = StdUnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let stream = UnixStream::from_std(ours)?;
    let mut child = start(launch, generation.package.folder(), theirs)?;
    let tail = Arc::new(Mutex::new(Vec::new()));
    if let Some(stdout) = child.stdout.take() {
        tokio::spawn(keep_tail(stdout, Arc::default()));
    }
    let stderr = child.stderr.take().map(|stderr| tokio::spawn(keep_tail(stderr, tail.clone())));
    let load = frame::load(&generation.package.root_url(), generation.environment.variables());
    let platform = launch.platform.clone();
    let (process, reading) = start_channel(stream, |outbox| Arc::new(Process::new(generation, platform, outbox)));
    process.outbox().try_send(load);
    let supervised = supervise::Supervised {
        process: process.clone(),
        child,
        reading,
        errors: Errors { reading: stderr, tail },
        idle_ttl: launch.idle_ttl,
    };
    tokio::spawn(async move {
        let process = supervised.run().await;
        on_end(&process);
    });
    Ok(process)
}

fn start(launch: &Launch<'_>, folder: &Path, channel: StdUnixStream) -> io::Result<Child> {
    let inherited = INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    Command::new("/bin/sh")
        .args(["-c", MOVE_CHANNEL])
        .arg(launch.node_binary)
        .arg(format!("--max-old-space-size={}", launch.memory_mb))
        .arg(launch.executor)
        .env_clear()
        .envs(inherited)
        .current_dir(folder)
        .stdin(Stdio::from(OwnedFd::from(channel)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// The error stream of a process: read to the end, the last bytes kept.
pub(super) struct Errors {
    pub(super) reading: Option<JoinHandle<()>>,
    pub(super) tail: Arc<Mutex<Vec<u8>>>,
}

async fn keep_tail(mut stream: impl AsyncRead + Unpin, tail: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        tracing::debug!(output = %String::from_utf8_lossy(&buffer[..read]), "a Node.js process wrote");
        let mut tail = tail.lock();
        tail.extend_from_slice(&buffer[..read]);
        let surplus = tail.len().saturating_sub(limits::STDERR_TAIL_BYTES);
        tail.drain(..surplus);
    }
}
