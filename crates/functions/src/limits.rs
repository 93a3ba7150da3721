//! Every limit of this crate, with its unit.

use std::time::Duration;

/// Bytes of a function's arguments in JSON.
pub const ARGS_BYTES_MAX: usize = 16 << 20;
/// Bytes of a function's return value.
pub const RESULT_BYTES_MAX: usize = 16 << 20;
/// Depth of `runQuery`/`runMutation` inside one another.
pub const CALL_DEPTH_MAX: usize = 8;
/// Component instances of one app.
pub const COMPONENTS_MAX: usize = 1000;
/// Log lines of one execution, nested calls included.
pub const LOG_LINES_MAX: usize = 256;
/// Bytes of one log line's messages, separators included.
pub const LOG_LINE_BYTES_MAX: usize = 32_768;
/// Entries the log ring keeps.
pub const LOG_RING_ENTRIES_MAX: usize = 10_000;
/// Bytes the log ring keeps.
pub const LOG_RING_BYTES_MAX: usize = 16 << 20;
/// Functions of each kind with metrics of their own; later ones share a series.
pub const FUNCTION_SERIES_MAX: usize = 1000;
/// Calls that may wait for a worker.
pub const QUEUED_CALLS_MAX: usize = 20_000;
/// Conflicting runs of a mutation before it takes the serial lane.
pub const CONFLICTS_BEFORE_SERIAL: usize = 3;
/// Conflicting runs of a mutation before its caller is told; those in the serial lane included.
pub const MUTATION_ATTEMPTS_MAX: usize = 8;
/// Scheduled jobs handed to the workers at once; user calls queue between them.
pub const JOBS_RUNNING_MAX: usize = 32;
/// Scheduled and cron actions under way at once; they are steps of their own threads, not of workers.
pub const JOB_ACTIONS_RUNNING_MAX: usize = 128;
/// Due jobs that are not actions, found ahead of a slot for them.
pub const JOBS_FOUND_MAX: usize = 1024;
/// Due jobs that are actions, found ahead of a slot for them.
pub const JOB_ACTIONS_FOUND_MAX: usize = 128;
/// Due jobs beyond those that are passed over in search of jobs of the other kind.
pub const JOBS_PASSED_MAX: usize = 32;
/// The same once a second.
pub const JOBS_PASSED_MAX_NOW_AND_THEN: usize = 4096;
/// Longest wait before a job is tried again that the service has failed; the first one is half a second.
pub const JOB_RETRY_WAIT_MAX: Duration = Duration::from_secs(2 * 60 * 60);
/// The same for cron jobs, whose next run must not be missed for it.
pub const CRON_RETRY_WAIT_MAX: Duration = Duration::from_secs(15);
/// How long finished jobs stay visible, in milliseconds: seven days.
pub const JOB_KEEP_MS: f64 = 7.0 * 24.0 * 3600.0 * 1000.0;
/// Scheduled functions that may wait or run, those of all components together.
pub const JOBS_OUTSTANDING_MAX: usize = 1_000_000;
/// Functions one mutation may schedule.
pub const SCHEDULED_PER_MUTATION_MAX: usize = 1000;
/// Bytes of arguments one mutation may schedule in all.
pub const SCHEDULED_ARGS_BYTES_MAX: usize = 16 << 20;
/// Bytes of arguments of one scheduled function above which a warning is logged.
pub const SCHEDULED_JOB_ARGS_BYTES_ADVISED: usize = 4 << 20;
/// Time a query or mutation may spend in user code.
pub const USER_TIME_MAX: Duration = Duration::from_secs(1);
/// Time of user code that a nested call has at least, however much its caller's others have used.
pub const FRAME_TIME_MIN: Duration = Duration::from_millis(50);
/// Time a query or mutation may take in all, user code excluded.
pub const HOST_TIME_MAX: Duration = Duration::from_secs(15);
/// Bytes of JSON that a value of [`RESULT_BYTES_MAX`] or [`ARGS_BYTES_MAX`] may have.
pub const JSON_BYTES_MAX: usize = 2 * RESULT_BYTES_MAX;
/// Files one mutation may store, and read.
pub const FILES_PER_MUTATION_MAX: usize = 1000;
/// Bytes of files one mutation may store, and read.
pub const FILE_BYTES_PER_MUTATION_MAX: usize = 16 << 20;
/// Bytes of the arguments of `signJwt`.
pub const TOKEN_CLAIMS_BYTES_MAX: usize = 64 << 10;
/// Longest lifetime of a signed token, in seconds.
pub const TOKEN_LIFETIME_SECONDS_MAX: f64 = 3600.0;
/// Bytes of one audit event in JSON.
pub const AUDIT_BODY_BYTES_MAX: usize = 64 << 10;
/// Audit events of one execution, nested calls included.
pub const AUDITS_PER_EXECUTION_MAX: usize = 100;
/// Rows the audit log keeps.
pub const AUDIT_ROWS_MAX: usize = 100_000;
/// Rows of the audit log deleted in one transaction.
pub const AUDIT_SWEEP_BATCH: usize = 1024;
/// How old a blob without a row must be before it is deleted. Longer than any upload or mutation may take.
pub const FILE_GRACE: Duration = Duration::from_secs(60 * 60);
/// Time between two searches for such blobs.
pub const FILE_SWEEP_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// Blobs looked up in one transaction.
pub const FILE_SWEEP_BATCH: usize = 256;
/// How long a session's mutation is remembered, in milliseconds: fourteen days.
pub const SESSION_KEEP_MS: f64 = 14.0 * 24.0 * 3600.0 * 1000.0;
/// Forgotten in one transaction.
pub const SESSION_SWEEP_BATCH: usize = 1024;
/// Actions under way at once that clients asked for; nested ones have as many places of their own.
pub const ACTIONS_RUNNING_MAX: usize = 1024;
/// Actions that wait for a place.
pub const ACTIONS_QUEUED_MAX: usize = 10_000;
/// Heap bytes of all actions together beyond which no further one begins.
pub const ACTIONS_RESIDENT_BYTES_MAX: usize = 4 << 30;
/// Heap bytes of one action.
pub const ACTION_HEAP_BYTES_MAX: usize = 64 << 20;
/// How long one action may take, waiting included.
pub const ACTION_WALL_TIME: Duration = Duration::from_secs(30 * 60);
/// Threads for steps of actions, when all others are stuck in long ones.
pub const ACTION_THREADS_MAX: usize = 64;
/// Stack of such a thread: JavaScript's share, the host's below it, and room for what surrounds them.
pub const ACTION_STACK_BYTES: usize = js::limits::JS_STACK_BYTES + js::limits::HOST_STACK_BYTES + (4 << 20);
/// Operations of one action that run at once; the others wait in line.
pub const ACTION_OPERATIONS_RUNNING_MAX: usize = 64;
/// Operations of one action that are under way, waiting ones included.
pub const ACTION_OPERATIONS_MAX: usize = 1000;
/// Answers handed to an action in one step.
pub const ACTION_ANSWERS_MAX: usize = 256;
/// Actions inside one another.
pub const ACTION_DEPTH_MAX: usize = 8;
/// Bytes of an HTTP action's response body.
pub const HTTP_RESPONSE_BYTES_MAX: usize = 20 << 20;
/// Pieces of a response that wait for a slow client, before the action has to wait.
pub const HTTP_PIECES_QUEUED_MAX: usize = 4;
/// Requests of one action whose bodies are not complete.
pub const FETCHES_PER_ACTION_MAX: usize = 1000;
/// Bytes of a response's body handed to JavaScript at once, about: what has arrived is gathered up to here.
pub const FETCH_PIECE_BYTES: usize = 64 << 10;
/// Headers a response to `fetch` may have.
pub const FETCH_RESPONSE_HEADERS_MAX: usize = 512;
/// How long `fetch` tries to reach a server.
pub const FETCH_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection of `fetch` is kept for the next request.
pub const FETCH_IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Connections of `fetch` kept for one server.
pub const FETCH_IDLE_CONNECTIONS_PER_HOST_MAX: usize = 32;
