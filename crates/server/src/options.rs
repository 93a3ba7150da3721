//! What a server is told at start-up.

use std::fmt;

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
    /// The address clients reach the API at.
    pub client_origin: String,
    /// The address clients reach HTTP actions at.
    pub site_origin: String,
    /// Hide error texts and log lines from clients.
    pub redact: bool,
}
