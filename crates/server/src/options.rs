//! What a server is told at start-up.

use std::fmt;
use std::net::SocketAddr;

/// The name and secret that admin keys are bound to.
#[derive(Clone)]
pub struct Instance {
    pub name: String,
    /// Never leaves the server: admin keys are sealed with a key derived from it.
    pub secret: [u8; 32],
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").field("name", &self.name).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
pub struct ServerOptions {
    pub instance: Instance,
    /// Where the API and the realtime protocol listen. Port 0 picks a free one.
    pub client_address: SocketAddr,
    /// Where HTTP actions listen. Port 0 picks a free one.
    pub site_address: SocketAddr,
    /// The address clients reach the API at, without a trailing slash; `None` derives it from `client_address`.
    pub client_origin: Option<String>,
    /// The address clients reach HTTP actions at; `None` derives it from `site_address`.
    pub site_origin: Option<String>,
    /// Hide error texts and log lines from clients.
    pub redact: bool,
}
