//! From "something may have changed" to a `Transition`: wanted, computing, computed, waiting to be written.
//!
//! At most one snapshot is being computed, and none while clients are slow to take what was sent: whatever happens
//! meanwhile is part of the next one.

use std::time::Duration;

use functions::{ErrorKind, SystemError};
use value::Timestamp;

use crate::closing::Ending;
use crate::effect::{Computation, Effect, Moment, QueryId, Snapshot};
use crate::limits::{
    RETRY_BACKOFF_MAX, RETRY_BACKOFF_MIN, TRANSITION_BYTES_MAX, TRANSITION_HOLD_MAX, TRANSITIONS_WAITING_MAX,
};
use crate::session::queries::ComputedAs;
use crate::session::{Session, ending_of};
use crate::wire::chunk::split_transition;
use crate::wire::server_message::{Clock, Modification, ServerMessage, StateVersion, Transition};

pub struct Transitions {
    /// End of the last transition sent.
    sent: StateVersion,
    /// The query set or the identity has changed since the last computation began.
    wanted: bool,
    /// The newest commit known to have made a result stale.
    stale_at: Timestamp,
    /// Of the last snapshot: results that went stale up to here have been replaced.
    computed_at: Timestamp,
    /// A response was sent, and no transition since.
    owed: bool,
    /// The transition that is owed may not be older than this.
    floor: Timestamp,
    stage: Stage,
    /// Transitions sent but not written.
    waiting: usize,
    retry: Retry,
    chunked: u64,
}

enum Stage {
    Idle,
    Computing(Target),
    /// Computed, and waiting for the response of the mutation in flight, but not beyond `hold_until`.
    Computed {
        target: Target,
        snapshot: Snapshot,
        hold_until: Duration,
    },
}

/// What a transition will bring the client to.
struct Target {
    query_set: u32,
    identity: u32,
    removed: Vec<QueryId>,
}

#[derive(Default)]
struct Retry {
    not_before: Option<Duration>,
    backoff: Duration,
}

impl Default for Transitions {
    fn default() -> Transitions {
        Transitions {
            sent: StateVersion::START,
            wanted: false,
            stale_at: Timestamp::ZERO,
            computed_at: Timestamp::ZERO,
            owed: false,
            floor: Timestamp::ZERO,
            stage: Stage::Idle,
            waiting: 0,
            retry: Retry::default(),
            chunked: 0,
        }
    }
}

impl Transitions {
    pub fn sent(&self) -> StateVersion {
        self.sent
    }

    /// Asks for a new snapshot.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    /// Asks for a snapshot that holds the commit at `at`. A snapshot before it would look unchanged, and nothing
    /// would tell us again.
    pub fn on_invalidated(&mut self, at: Timestamp) {
        self.stale_at = self.stale_at.max(at);
    }

    fn is_due(&self) -> bool {
        self.wanted || self.owed || self.stale_at > self.computed_at
    }

    /// Asks for a transition at `floor` or later, because a response has gone out.
    pub fn owe(&mut self, floor: Timestamp) {
        self.owed = true;
        self.floor = self.floor.max(floor);
    }

    /// No transition may show less than this.
    pub fn at_least(&mut self, floor: Option<Timestamp>) {
        self.floor = self.floor.max(floor.unwrap_or(Timestamp::ZERO));
    }

    pub fn on_written(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// When something here is due without any other input.
    pub fn deadline(&self) -> Option<Duration> {
        match &self.stage {
            Stage::Computed { hold_until, .. } => Some(*hold_until),
            Stage::Computing(_) => None,
            Stage::Idle if self.is_due() => self.retry.not_before,
            Stage::Idle => None,
        }
    }

    fn may_start(&self, now: &Moment) -> bool {
        self.is_due()
            && matches!(self.stage, Stage::Idle)
            && self.waiting < TRANSITIONS_WAITING_MAX
            && self.retry.not_before.is_none_or(|time| now.monotonic >= time)
    }
}

impl Retry {
    fn back_off(&mut self, now: &Moment) {
        self.backoff = (self.backoff * 2).clamp(RETRY_BACKOFF_MIN, RETRY_BACKOFF_MAX);
        self.not_before = Some(now.monotonic + self.backoff);
    }
}

impl Session {
    pub(super) fn start_computation(&mut self, now: &Moment, effects: &mut Vec<Effect>) -> Result<(), Ending> {
        // While credentials are being checked every result is about to become stale.
        if self.auth.is_pending() || !self.transitions.may_start(now) {
            return Ok(());
        }
        self.check_expiry(now)?;
        self.transitions.wanted = false;
        self.transitions.stage = Stage::Computing(Target {
            query_set: self.queries.version(),
            identity: self.auth.version(),
            removed: self.queries.take_removed(),
        });
        let at_least = self.transitions.floor.max(self.transitions.sent.ts).max(self.transitions.stale_at);
        effects.push(Effect::Compute(Computation { at_least, queries: self.queries.pending() }));
        Ok(())
    }

    pub(super) fn on_computed(&mut self, now: &Moment, outcome: Result<Snapshot, SystemError>) -> Result<(), Ending> {
        let stage = std::mem::replace(&mut self.transitions.stage, Stage::Idle);
        let Stage::Computing(target) = stage else { unreachable!("a computation ends once, after it was started") };
        match outcome {
            Ok(snapshot) => {
                self.transitions.retry = Retry::default();
                self.transitions.computed_at = snapshot.ts;
                let hold_until = now.monotonic + TRANSITION_HOLD_MAX;
                self.transitions.stage = Stage::Computed { target, snapshot, hold_until };
                Ok(())
            }
            Err(error) if is_passing(&error) => {
                self.queries.restore_removed(target.removed);
                self.transitions.want();
                self.transitions.retry.back_off(now);
                Ok(())
            }
            Err(error) => Err(ending_of(error)),
        }
    }

    /// Sends what is computed, unless it might show writes of a mutation whose response is still to come.
    pub(super) fn emit_transition(&mut self, now: &Moment, effects: &mut Vec<Effect>) -> Result<(), Ending> {
        let Stage::Computed { hold_until, .. } = &self.transitions.stage else { return Ok(()) };
        if self.requests.is_mutation_running() && now.monotonic < *hold_until {
            return Ok(());
        }
        let stage = std::mem::replace(&mut self.transitions.stage, Stage::Idle);
        let Stage::Computed { target, snapshot, .. } = stage else { unreachable!("the stage was just looked at") };
        let start = self.transitions.sent;
        let end = StateVersion { query_set: target.query_set, identity: target.identity, ts: snapshot.ts };
        if end.ts < start.ts {
            return Err(Ending::internal());
        }
        let present = target.identity == self.auth.version();
        let computed_as = if present { ComputedAs::PresentIdentity } else { ComputedAs::FormerIdentity };
        let mut changes: Vec<Modification> =
            target.removed.into_iter().map(|id| Modification::Removed { id }).collect();
        changes.extend(self.queries.absorb(snapshot, computed_as, self.options.redact));
        self.send_transition(now, (start, end), &changes, effects);
        Ok(())
    }

    fn send_transition(
        &mut self,
        now: &Moment,
        (start, end): (StateVersion, StateVersion),
        modifications: &[Modification],
        effects: &mut Vec<Effect>,
    ) {
        let clock = self.client_skew_ms.map(|client_skew_ms| Clock { client_skew_ms, server_ns: now.unix_ns });
        let text = ServerMessage::Transition(Transition { start, end, modifications, clock }).to_json();
        if self.options.takes_chunks && text.len() > TRANSITION_BYTES_MAX {
            self.transitions.chunked += 1;
            let parts = split_transition(&text, self.transitions.chunked, TRANSITION_BYTES_MAX);
            effects.extend(parts.into_iter().map(|text| Effect::Send { text, ends_transition: false }));
        } else {
            effects.push(Effect::Send { text, ends_transition: false });
        }
        if let Some(Effect::Send { ends_transition, .. }) = effects.last_mut() {
            *ends_transition = true;
        }
        self.last_sent = now.monotonic;
        self.transitions.sent = end;
        self.transitions.waiting += 1;
        if end.ts >= self.transitions.floor {
            self.transitions.owed = false;
        }
    }
}

/// Trouble that goes away by itself: queries are computed again later instead of closing the connection.
fn is_passing(error: &SystemError) -> bool {
    match error.kind {
        ErrorKind::Overloaded | ErrorKind::RateLimited | ErrorKind::OutOfRetention => true,
        ErrorKind::BadRequest
        | ErrorKind::Unauthenticated
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Timeout
        | ErrorKind::Conflict
        | ErrorKind::Internal => false,
    }
}
