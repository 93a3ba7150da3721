//! `ctx.auth` and `ctx.meta`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::{CallHost, developer};
use crate::{FunctionKind, Identity, RequestId, RequestOrigin};

type Reply = Result<String, js::HostError>;

impl CallHost<'_, '_> {
    pub(super) fn user_identity(&mut self) -> Reply {
        // Who uses the app is the app's business: it passes on to its components what they need to know.
        if !self.frame.path.component.is_empty() {
            return Ok("null".into());
        }
        self.execution.observed.identity = true;
        Ok(self.execution.call.identity.user().map_or_else(|| "null".into(), |user| user.to_json().to_string()))
    }

    pub(super) fn function_metadata(&mut self) -> Reply {
        let path = &self.frame.path;
        Ok(json!({ "name": path.display_name(), "componentPath": path.component }).to_string())
    }

    pub(super) fn deployment_metadata(&mut self) -> Reply {
        let name = &self.execution.runtime.options.instance_name;
        Ok(json!({ "name": name, "region": null, "class": "s16" }).to_string())
    }

    pub(super) fn request_metadata(&mut self) -> Reply {
        if self.frame.kind == FunctionKind::Query {
            return Err(developer("Cannot get request metadata in a Query"));
        }
        let call = self.execution.call;
        Ok(request_metadata(&call.request_id, &call.identity, call.origin.as_deref()).to_string())
    }

    pub(super) fn snapshot_ts(&mut self) -> Reply {
        self.execution.observed.time = true;
        let bytes = self.tx.snapshot().0.to_le_bytes();
        Ok(json!({ "$integer": STANDARD.encode(bytes) }).to_string())
    }

    pub(super) fn transaction_metrics(&mut self) -> Reply {
        let usage = self.tx.usage();
        let (effects, most) = (self.execution.effects, self.execution.effect_limits);
        let limits = *self.tx.limits();
        let metric = |used: usize, limit: usize| json!({ "used": used, "remaining": limit.saturating_sub(used) });
        Ok(json!({
            "bytesRead": metric(usage.bytes_read, limits.bytes_read),
            "bytesWritten": metric(usage.bytes_written, limits.bytes_written),
            "databaseQueries": metric(usage.reads, limits.reads),
            "documentsRead": metric(usage.documents_read, limits.documents_read),
            "documentsWritten": metric(usage.documents_written, limits.documents_written),
            "functionsScheduled": metric(effects.functions_scheduled, most.functions_scheduled),
            "scheduledFunctionArgsBytes": metric(effects.scheduled_args_bytes, most.scheduled_args_bytes),
            "filesWritten": metric(effects.files_written, most.files_written),
            "fileWriteBytes": metric(effects.file_write_bytes, most.file_write_bytes),
            "filesRead": metric(effects.files_read, most.files_read),
            "fileReadBytes": metric(effects.file_read_bytes, most.file_read_bytes),
        })
        .to_string())
    }
}

/// What `ctx.meta.getRequestMetadata()` returns, in actions too.
pub(crate) fn request_metadata(request_id: &RequestId, identity: &Identity, origin: Option<&RequestOrigin>) -> Json {
    json!({
        "ip": origin.and_then(|origin| origin.ip.as_deref()),
        "userAgent": origin.and_then(|origin| origin.user_agent.as_deref()),
        "requestId": &*request_id.0,
        "scheduledFunctionId": origin.and_then(|origin| origin.scheduled_function_id.as_deref()),
        "authToken": identity.user().and_then(|user| user.token.as_deref()),
    })
}
