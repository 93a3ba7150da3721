//! `ctx.auth` and `ctx.meta`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{CallHost, developer};
use crate::FunctionKind;
use crate::limits::{
    FILE_BYTES_PER_MUTATION_MAX, FILES_PER_MUTATION_MAX, SCHEDULED_ARGS_BYTES_MAX, SCHEDULED_PER_MUTATION_MAX,
};

type Reply = Result<String, js::HostError>;

impl CallHost<'_, '_> {
    pub(super) fn user_identity(&mut self) -> Reply {
        self.execution.observed.identity = true;
        Ok(self.execution.identity.user().map_or_else(|| "null".into(), |user| user.to_json().to_string()))
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
        let request_id = &*self.execution.request_id.0;
        Ok(json!({ "ip": null, "userAgent": null, "requestId": request_id, "scheduledFunctionId": null, "authToken": null }).to_string())
    }

    pub(super) fn snapshot_ts(&mut self) -> Reply {
        self.execution.observed.time = true;
        let bytes = self.tx.snapshot().0.to_le_bytes();
        Ok(json!({ "$integer": STANDARD.encode(bytes) }).to_string())
    }

    pub(super) fn transaction_metrics(&mut self) -> Reply {
        let usage = self.tx.usage();
        let scheduled = self.execution.scheduled;
        let files = self.execution.files;
        let limits = *self.tx.limits_mut();
        let metric = |used: usize, limit: usize| json!({ "used": used, "remaining": limit.saturating_sub(used) });
        Ok(json!({
            "bytesRead": metric(usage.bytes_read, limits.bytes_read),
            "bytesWritten": metric(usage.bytes_written, limits.bytes_written),
            "databaseQueries": metric(usage.reads, limits.reads),
            "documentsRead": metric(usage.documents_read, limits.documents_read),
            "documentsWritten": metric(usage.documents_written, limits.documents_written),
            "functionsScheduled": metric(scheduled.count, SCHEDULED_PER_MUTATION_MAX),
            "scheduledFunctionArgsBytes": metric(scheduled.args_bytes, SCHEDULED_ARGS_BYTES_MAX),
            "filesWritten": metric(files.written.files, FILES_PER_MUTATION_MAX),
            "fileWriteBytes": metric(files.written.bytes, FILE_BYTES_PER_MUTATION_MAX),
            "filesRead": metric(files.read.files, FILES_PER_MUTATION_MAX),
            "fileReadBytes": metric(files.read.bytes, FILE_BYTES_PER_MUTATION_MAX),
        })
        .to_string())
    }
}
