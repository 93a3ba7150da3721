//! HTTP, WebSocket, authentication and deploy endpoints around the runtime.
//!
//! `serve` binds two ports: the deployment port (API, realtime protocol, tools) and the site port (HTTP actions).
//! `router` lists every route in one place; below `server` nobody knows HTTP.

mod limits;
mod metrics;
mod options;
mod otlp;
mod router;
mod serve;
mod state;

mod client_version;
mod cors;
mod error;
mod extract;
mod origin;
mod request_id;

pub mod auth;

mod api;
mod deploy;
mod files;
mod info;
mod jwks;
mod site;
mod socket;

pub use error::ApiError;
pub use extract::{AdminIdentity, CallerIdentity, JsonBody};
pub use options::{Instance, ServerOptions};
pub use otlp::{OtlpError, OtlpSettings, SettingsError};
pub use request_id::RequestIdHeader;
pub use serve::{Listeners, RunningServer, ServeError, serve};
pub use state::AppState;
