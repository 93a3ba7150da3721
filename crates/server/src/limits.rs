//! Every limit of the server, with its unit.

use std::time::Duration;

/// Body of a function call: 16 MiB of arguments and the request around them.
pub const FUNCTION_BODY_BYTES_MAX: usize = 16 * 1024 * 1024 + 2000;

/// Body of `POST /echo`, which the network test of the command line uses.
pub const ECHO_BODY_BYTES_MAX: usize = 128 * 1024 * 1024;

/// One text message from a client: 16 MiB of bytes grow by 4/3 in base64, plus room for the envelope.
pub const SOCKET_MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024 / 3 * 4 + 64 * 1024;

/// A longer message is read as far as this, so that its client is told and does not send it again and again.
pub const SOCKET_MESSAGE_BYTES_READ_MAX: usize = 2 * SOCKET_MESSAGE_BYTES_MAX;

/// A read buffer is allocated per socket, so it decides what an idle session weighs.
pub const SOCKET_READ_BUFFER_BYTES: usize = 2 * 1024;

/// How long a request of the API may take before it is answered with 408; an action goes on. HTTP actions have the
/// time that actions have.
pub const REQUEST_DURATION_MAX: Duration = Duration::from_secs(300);

/// How long nothing may arrive of the body of a request to an HTTP action that reads it.
pub const REQUEST_SILENCE_MAX: Duration = Duration::from_secs(120);

/// How long an upload may take, from its first byte to its last.
pub const UPLOAD_DURATION_MAX: Duration = Duration::from_secs(120);

/// How long one mutation of a socket may take.
pub const SOCKET_MUTATION_DURATION_MAX: Duration = Duration::from_secs(60);

/// WebSocket ping frames keep proxies and non-browser clients from giving up.
pub const SOCKET_PING_FRAME_INTERVAL: Duration = Duration::from_secs(5);

/// A socket from which nothing has arrived for this long, pongs included, is dropped.
pub const SOCKET_SILENCE_MAX: Duration = Duration::from_secs(120);

/// A client that does not take a message within this time is closed.
pub const SOCKET_WRITE_DURATION_MAX: Duration = Duration::from_secs(60);

/// Messages waiting for a slow client at which nothing more is read from it; transitions alone stop at two.
pub const SOCKET_OUTGOING_MESSAGES_MAX: usize = 4096;

/// Bytes waiting for a slow client at which nothing more is read from it, until it has taken some.
pub const SOCKET_OUTGOING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long a connection may take to send its request headers.
pub const HEADER_READ_DURATION_MAX: Duration = Duration::from_secs(30);

/// How long shutdown waits for requests in flight.
pub const SHUTDOWN_DURATION_MAX: Duration = Duration::from_secs(10);

/// Queries in one `query_batch`.
pub const QUERY_BATCH_LEN_MAX: usize = 1024;

/// Fetched key sets and discovery documents kept in memory.
pub const KEY_SET_CACHE_LEN_MAX: usize = 64;
