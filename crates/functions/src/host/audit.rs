//! `log.audit` in queries and mutations.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{CallHost, arguments, developer};
use crate::audit::AuditEvent;
use crate::limits::{AUDIT_BODY_BYTES_MAX, AUDITS_PER_EXECUTION_MAX};

#[derive(Deserialize)]
struct AuditArgs {
    body: Json,
}

impl CallHost<'_, '_> {
    /// Keeps an event until the execution ends; a function that fails takes its events with it.
    pub(super) fn audit_log(&mut self, json: &str) -> Result<String, js::HostError> {
        let body = audit_body(json, self.execution.audit.len())?;
        let path = &self.frame.path;
        let (udf_path, component_path) = (path.display_name().into(), path.component.as_str().into());
        self.execution.audit.push(AuditEvent { body, udf_path, component_path });
        Ok("null".into())
    }
}

/// The event that `log.audit` was called with, in an execution that reported `earlier` ones.
pub(crate) fn audit_body(json: &str, earlier: usize) -> Result<Json, js::HostError> {
    let args: AuditArgs = arguments("log.audit", json)?;
    if json.len() > AUDIT_BODY_BYTES_MAX {
        let text = format!(
            "The body of an audit log event is too large (actual: {} bytes, limit: {AUDIT_BODY_BYTES_MAX} bytes)",
            json.len()
        );
        return Err(developer(text));
    }
    if earlier >= AUDITS_PER_EXECUTION_MAX {
        let text =
            format!("Too many audit log events in a single function execution (limit: {AUDITS_PER_EXECUTION_MAX})");
        return Err(developer(text));
    }
    Ok(args.body)
}
