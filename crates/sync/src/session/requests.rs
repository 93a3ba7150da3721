//! Mutations, one at a time in the order they came, and actions, as many as there are.

use std::collections::VecDeque;
use std::sync::Arc;

use functions::{
    ActionResult, CallRequest, Caller, ErrorKind, FunctionPath, Identity, MutationRequest, MutationResult, RequestId,
    SystemError,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use value::Timestamp;

use crate::closing::Ending;
use crate::effect::{Effect, Moment};
use crate::limits::{ACTIONS_RUNNING_MAX, MUTATIONS_QUEUED_MAX};
use crate::session::{Session, ending_of};
use crate::wire::client_message::Request;
use crate::wire::server_message::{CallOutcome, Failure, ServerMessage};

#[derive(Default)]
pub struct Requests {
    queued: VecDeque<(u32, Box<MutationRequest>)>,
    running: Option<u32>,
    actions: usize,
}

impl Requests {
    pub fn is_mutation_running(&self) -> bool {
        self.running.is_some()
    }
}

impl Session {
    pub(super) fn on_mutation(&mut self, now: &Moment, request: Request) -> Result<(), Ending> {
        let id = request.id;
        let call = self.check_request(now, request)?;
        if self.requests.queued.len() >= MUTATIONS_QUEUED_MAX {
            return Err(Ending::overloaded("TooManyConcurrentMutations"));
        }
        let session = self.session_id.map(|session_id| (session_id, id));
        self.requests.queued.push_back((id, Box::new(MutationRequest { call, session })));
        Ok(())
    }

    pub(super) fn start_mutation(&mut self, effects: &mut Vec<Effect>) {
        if self.requests.running.is_some() {
            return;
        }
        let Some((id, request)) = self.requests.queued.pop_front() else { return };
        self.requests.running = Some(id);
        effects.push(Effect::RunMutation(request));
    }

    pub(super) fn on_mutation_finished(
        &mut self,
        now: &Moment,
        outcome: Result<MutationResult, SystemError>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Ending> {
        let request = self.requests.running.take().expect("a mutation finishes once, after it was started");
        let finished = outcome.map_err(ending_of)?;
        let request_id = request_id(self.session_id, "", request);
        let result = self.call_outcome(&finished.outcome, &finished.log_lines, &request_id);
        self.send(now, ServerMessage::MutationResponse { request, result, ts: finished.ts }, effects);
        let covers = if finished.outcome.is_ok() { finished.ts } else { Timestamp::ZERO };
        self.transitions.owe(covers);
        Ok(())
    }

    pub(super) fn on_action(
        &mut self,
        now: &Moment,
        request: Request,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Ending> {
        let id = request.id;
        let call = self.check_request(now, request)?;
        if self.requests.actions >= ACTIONS_RUNNING_MAX {
            return Err(Ending::overloaded("TooManyInflightActionsForSingleClient"));
        }
        self.requests.actions += 1;
        effects.push(Effect::RunAction { request: id, call: Box::new(call) });
        Ok(())
    }

    pub(super) fn on_action_finished(
        &mut self,
        now: &Moment,
        request: u32,
        outcome: Result<ActionResult, SystemError>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Ending> {
        self.requests.actions -= 1;
        let finished = outcome.map_err(ending_of)?;
        let request_id = request_id(self.session_id, "", request);
        let result = self.call_outcome(&finished.outcome, &finished.log_lines, &request_id);
        self.send(now, ServerMessage::ActionResponse { request, result }, effects);
        self.transitions.owe(Timestamp::ZERO);
        Ok(())
    }

    /// A call as the identity in force now, whenever it gets to run.
    fn check_request(&self, now: &Moment, request: Request) -> Result<CallRequest, Ending> {
        self.check_expiry(now)?;
        self.check_component(&request.path)?;
        if let Identity::Admin { read_only: true } = self.identity {
            let message = "You do not have permission to perform this operation: a read-only key may run queries only.";
            return Err(ending_of(SystemError::new(ErrorKind::Forbidden, "Unauthorized", message)));
        }
        Ok(CallRequest {
            path: request.path,
            args: request.args,
            identity: self.identity.clone(),
            caller: Caller::SyncWorker,
            request_id: request_id(self.session_id, "", request.id),
            origin: self.origin.clone(),
        })
    }

    /// Functions of components are for admins in their own name.
    pub(super) fn check_component(&self, path: &FunctionPath) -> Result<(), Ending> {
        let allowed = match self.identity {
            Identity::Admin { .. } | Identity::System => true,
            Identity::Anonymous | Identity::User(_) | Identity::ActingUser(_) => path.component.is_empty(),
        };
        if allowed { Ok(()) } else { Err(Ending::internal()) }
    }

    fn call_outcome<'a>(
        &self,
        outcome: &'a Result<Arc<str>, functions::FunctionError>,
        log_lines: &'a [String],
        request_id: &RequestId,
    ) -> CallOutcome<'a> {
        let redact = self.options.redact;
        let outcome = match outcome {
            Ok(value) => Ok(&**value),
            Err(error) => Err(Failure::of(error, request_id, redact)),
        };
        CallOutcome { outcome, log_lines: if redact { &[] } else { log_lines } }
    }
}

/// A name for the request that a retry gets again: the first 16 hex digits of a hash over session and number.
pub fn request_id(session_id: Option<Uuid>, purpose: &str, number: u32) -> RequestId {
    let session = session_id.unwrap_or_default();
    let digest = Sha256::digest(format!("{session}|{purpose}{number}"));
    RequestId(Arc::from(hex::encode(&digest[..8])))
}
