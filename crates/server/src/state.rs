//! What every request handler can reach.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use functions::Runtime;
use platform::Platform;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Authenticator;
use crate::options::Instance;

/// Cheap to clone; the fields are shared.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

pub struct Shared {
    pub runtime: Runtime,
    pub platform: Platform,
    pub instance: Instance,
    /// The address clients reach the API at, without a trailing slash.
    pub client_origin: String,
    /// The address clients reach HTTP actions at, without a trailing slash.
    pub site_origin: String,
    /// Whether error texts and log lines are hidden from clients.
    pub redact: bool,
    pub auth: Authenticator,
    /// Cancelled when the server begins to shut down: sockets and streaming responses end then.
    pub stopping: CancellationToken,
    /// Open realtime connections. Count.
    pub sockets: AtomicUsize,
    /// Sockets and calls that outlive their request; shutdown waits for them.
    pub tasks: TaskTracker,
}

impl AppState {
    pub(crate) fn new(shared: Shared) -> AppState {
        AppState(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
