//! Actions over the in-memory engine.

mod bounds;
mod calls;
pub(crate) mod http;
mod jobs;
mod operations;
mod responses;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::logs::{LogEntry, UsageStats};
use crate::tests::{App, error_of, value_of, wait};
use crate::*;

/// An app whose actions have other bounds.
fn bounded(change: impl FnOnce(&mut ActionOptions)) -> App {
    let mut actions = ActionOptions::default();
    change(&mut actions);
    App::with(Arc::new(storage::MemoryEngine::new()), Options { workers: 2, actions, ..Options::default() })
}

fn notes(app: &App) -> Json {
    value_of(&app.query("app:list", json!({ "table": "notes" })).outcome)
}

fn alice() -> Identity {
    Identity::User(Arc::new(UserIdentity {
        token_identifier: "https://issuer|alice".into(),
        issuer: "https://issuer".into(),
        subject: "alice".into(),
        attributes: Default::default(),
        expires_at: None,
        token: None,
    }))
}
