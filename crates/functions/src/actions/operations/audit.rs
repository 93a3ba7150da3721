//! `log.audit` in actions.

use super::{Answer, Operations, refused};
use crate::audit::{self, AuditEvent, Reporter};
use crate::deployment::ModuleEnvironment;
use crate::host::audit_body;
use crate::scheduler::ScheduleError;

impl Operations {
    /// Writes an event in a transaction of its own: what happens to the action afterwards does not take it back.
    pub(super) async fn audit_log(&self, json: &str) -> Answer {
        let context = self.context();
        if context.log.lock().environment() != ModuleEnvironment::Node {
            return Err(refused("Audit logging is not yet supported in actions"));
        }
        let earlier = context.log.lock().begin_audit();
        let body = audit_body(json, earlier)?;
        let (udf_path, component_path) = (context.path.display_name().into(), context.path.component.as_str().into());
        let event = AuditEvent { body, udf_path, component_path };
        let entry = event.resolve(&self.reporter(), context.runtime.platform().now_ms());
        let (operations, row) = (self.clone(), entry.clone());
        self.committed("audit log", move |tx, _| {
            audit::write(tx, std::slice::from_ref(&row), &operations.reporter()).map_err(ScheduleError::Database)
        })
        .await?;
        context.log.lock().audited(entry);
        Ok("null".into())
    }

    fn reporter(&self) -> Reporter<'_> {
        let context = self.context();
        Reporter { request_id: &context.request_id, identity: &context.identity, origin: context.origin.as_deref() }
    }
}
