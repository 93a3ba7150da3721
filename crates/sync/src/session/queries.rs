//! The queries a connection watches, and what the client last saw of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use functions::{CallRequest, Caller, Identity, QueryRequest, QueryResult};

use crate::closing::Ending;
use crate::effect::{PendingQuery, QueryId, Snapshot};
use crate::limits::QUERIES_MAX;
use crate::session::Session;
use crate::session::requests::request_id;
use crate::wire::client_message::{AddQuery, Modification, ModifyQuerySet};
use crate::wire::server_message::Modification as Change;

#[derive(Default)]
pub struct QuerySet {
    version: u32,
    watched: BTreeMap<QueryId, Watched>,
    /// Removed, but no transition has said so yet.
    removed: Vec<QueryId>,
}

struct Watched {
    request: Arc<QueryRequest>,
    /// Of the newest snapshot, under the present identity.
    newest: Option<Arc<QueryResult>>,
    /// What the client last received.
    sent: Option<Arc<QueryResult>>,
}

/// Whether results were computed under the identity that is still in force.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ComputedAs {
    PresentIdentity,
    FormerIdentity,
}

impl Session {
    pub(super) fn on_modify_query_set(&mut self, message: ModifyQuerySet) -> Result<(), Ending> {
        if message.base_version != self.queries.version || message.new_version <= message.base_version {
            let text = format!("the query set is at version {}, not {}", self.queries.version, message.base_version);
            return Err(Ending::fatal("BaseVersionMismatch", &text));
        }
        for modification in message.modifications {
            match modification {
                Modification::Add(add) => self.add_query(add)?,
                Modification::Remove(id) => self.queries.remove(id)?,
            }
        }
        self.queries.version = message.new_version;
        self.transitions.want();
        Ok(())
    }

    fn add_query(&mut self, add: AddQuery) -> Result<(), Ending> {
        self.check_component(&add.path)?;
        let call = CallRequest {
            path: add.path,
            args: add.args,
            identity: self.identity.clone(),
            caller: Caller::SyncWorker,
            request_id: request_id(self.session_id, "query", add.id),
            origin: self.origin.clone(),
        };
        self.queries.add(add.id, QueryRequest { call, journal: add.journal })
    }
}

impl QuerySet {
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Errors: an internal ending when `id` is live already, which no client does.
    fn add(&mut self, id: QueryId, request: QueryRequest) -> Result<(), Ending> {
        if self.watched.contains_key(&id) {
            return Err(Ending::internal());
        }
        if self.watched.len() >= QUERIES_MAX {
            return Err(Ending::overloaded("TooManyConcurrentRequests"));
        }
        self.watched.insert(id, Watched { request: Arc::new(request), newest: None, sent: None });
        Ok(())
    }

    fn remove(&mut self, id: QueryId) -> Result<(), Ending> {
        self.watched.remove(&id).ok_or_else(Ending::internal)?;
        self.removed.push(id);
        Ok(())
    }

    pub fn take_removed(&mut self) -> Vec<QueryId> {
        std::mem::take(&mut self.removed)
    }

    /// Puts back what a failed computation was to report.
    pub fn restore_removed(&mut self, removed: Vec<QueryId>) {
        self.removed.splice(0..0, removed);
    }

    /// Makes every query run again as `identity`.
    pub fn change_identity(&mut self, identity: &Identity) {
        for watched in self.watched.values_mut() {
            let mut request = QueryRequest::clone(&watched.request);
            request.call.identity = identity.clone();
            watched.request = Arc::new(request);
            watched.newest = None;
        }
    }

    /// Everything a new snapshot has to cover.
    pub fn pending(&self) -> Vec<PendingQuery> {
        let pending = |(id, watched): (&QueryId, &Watched)| PendingQuery {
            id: *id,
            request: Arc::clone(&watched.request),
            previous: watched.newest.clone(),
        };
        self.watched.iter().map(pending).collect()
    }

    /// Takes results in and returns what the client has to be told. Queries removed meanwhile are left out.
    pub fn absorb(&mut self, snapshot: Snapshot, computed_as: ComputedAs, redact: bool) -> Vec<Change> {
        let mut changes = Vec::new();
        for (id, result) in snapshot.results {
            let Some(watched) = self.watched.get_mut(&id) else { continue };
            watched.keep_journal(&result);
            if !watched.sent.as_ref().is_some_and(|sent| looks_the_same(sent, &result)) {
                changes.push(watched.change(id, &result, redact));
            }
            watched.sent = Some(Arc::clone(&result));
            watched.newest = (computed_as == ComputedAs::PresentIdentity).then_some(result);
        }
        changes
    }
}

impl Watched {
    /// The next run of the query gets the journal of this one.
    fn keep_journal(&mut self, result: &QueryResult) {
        if self.request.journal != result.journal {
            let mut request = QueryRequest::clone(&self.request);
            request.journal = result.journal.clone();
            self.request = Arc::new(request);
        }
    }

    fn change(&self, id: QueryId, result: &QueryResult, redact: bool) -> Change {
        let log_lines = if redact { Arc::from([]) } else { Arc::clone(&result.log_lines) };
        let journal = result.journal.clone();
        match &result.outcome {
            Ok(value) => Change::Updated { id, value: Arc::clone(value), log_lines, journal },
            Err(error) => Change::Failed {
                id,
                message: error.client_message(&self.request.call.request_id, redact),
                data: error.data.clone(),
                log_lines,
                journal,
            },
        }
    }
}

/// Value or error and log lines; an error carries no request id here, so that is left out of the comparison.
fn looks_the_same(old: &Arc<QueryResult>, new: &Arc<QueryResult>) -> bool {
    Arc::ptr_eq(old, new) || (old.outcome == new.outcome && old.log_lines == new.log_lines)
}
