//! The side of an action that its JavaScript sees while a step runs. Nothing here blocks: operations are only noted.

use js::{ConsoleLevel, HostError, Op, OpId};

use super::log::SharedLog;
use super::operations::Operations;
use crate::limits::ACTION_OPERATIONS_MAX;

/// Implements [`js::ActionHost`] for one action.
pub(super) struct StepHost {
    pub operations: Operations,
    pub log: SharedLog,
    /// Operations that the step has started.
    pub started: Vec<(OpId, Op)>,
    /// Operations whose answers nobody wants any more.
    pub cancelled: Vec<OpId>,
    /// Operations that are neither answered nor cancelled.
    pub in_flight: usize,
}

impl StepHost {
    pub fn new(operations: Operations, log: SharedLog) -> StepHost {
        StepHost { operations, log, started: Vec::new(), cancelled: Vec::new(), in_flight: 0 }
    }
}

impl js::ActionHost for StepHost {
    fn start(&mut self, id: OpId, op: Op) -> Result<(), HostError> {
        if self.in_flight >= ACTION_OPERATIONS_MAX {
            return Err(HostError::developer(
                "Too many concurrent operations. See https://docs.convex.dev/functions/actions#limits for more information.",
            ));
        }
        self.in_flight += 1;
        self.started.push((id, op));
        Ok(())
    }

    fn cancel(&mut self, id: OpId) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.cancelled.push(id);
    }

    fn syscall(&mut self, name: &str, _args: &str) -> Result<String, HostError> {
        Err(HostError::developer(format!("Unknown operation {name}")))
    }

    fn env_var(&mut self, name: &str) -> Option<String> {
        let context = self.operations.context();
        context.deployment.env_var(&context.path.component, name, context.runtime.options())
    }

    fn console(&mut self, level: ConsoleLevel, messages: Vec<String>) {
        self.log.lock().console(level.as_str(), messages);
    }

    fn now_ms(&mut self) -> f64 {
        self.operations.context().runtime.platform().now_ms()
    }
}
