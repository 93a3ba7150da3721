//! Everything that can grow, with its bound and unit.

use std::time::Duration;

/// Argument bytes of one action in Node.js.
pub const ARGUMENTS_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Calls under way in one process; the next one goes to another process or is refused.
pub(crate) const CALLS_PER_PROCESS_MAX: usize = 512;
/// Calls in a process from which on another process is worth its memory.
pub(crate) const CALLS_PER_PROCESS_SPREAD: usize = 16;
/// A process that has not begun a call it was given for this long is busy computing: others are preferred.
pub(crate) const STALLED_AFTER: Duration = Duration::from_millis(500);
/// How long a call waits for a process of another package or environment to end.
pub(crate) const WAIT_FOR_PROCESS_MAX: Duration = Duration::from_secs(30);
/// Times a call is given to another process because its own died before it began.
pub(crate) const STARTS_MAX: usize = 3;
/// Frames waiting to be written to one process.
pub(crate) const OUTBOX_FRAMES_MAX: usize = 64;
/// Frames of one call nobody has looked at yet: 1000 operations with two chunks each, 257 log lines and a few more.
pub(crate) const EVENTS_PER_CALL_MAX: usize = 4096;
/// Bytes of one frame from a process.
pub(crate) const FRAME_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Chunks of one upload that wait for the host; the executor keeps two ahead.
pub(crate) const UPLOAD_CHUNKS_MAX: usize = 4;
/// Bytes of one chunk of a download.
pub(crate) const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// Bytes kept of what a process writes to its error stream.
pub(crate) const STDERR_TAIL_BYTES: usize = 4096;
/// How long a dead process' error stream is read for a reason.
pub(crate) const STDERR_WAIT: Duration = Duration::from_secs(2);
/// Bytes of an error's text.
pub(crate) const ERROR_BYTES_MAX: usize = 64 * 1024;
/// Bytes of installed packages.
pub(crate) const DEPENDENCIES_BYTES_MAX: u64 = 240 * 1024 * 1024;
/// How long an installation may take.
pub(crate) const INSTALL_TIME_MAX: Duration = Duration::from_secs(600);
/// Bytes kept of what npm says when it fails.
pub(crate) const NPM_TAIL_BYTES: usize = 4096;
/// How long evaluating the modules of a push may take.
pub(crate) const ANALYSIS_TIME_MAX: Duration = Duration::from_secs(30);
/// Log lines kept of a failed analysis.
pub(crate) const ANALYSIS_LINES_MAX: usize = 100;
