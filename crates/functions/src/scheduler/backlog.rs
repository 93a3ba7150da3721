//! Due rows that were found and wait for a slot.
//!
//! Whoever reads the pending rows walks past the index entries of all jobs that are done and not trimmed yet, as many
//! as there were in the retention window. So one walk finds many rows, and they are started from here.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use db::{Namespace, Transaction};
use value::DocumentId;

use super::agenda::{AGENDAS, Agenda, Place};
use super::dispatch::Signal;
use super::launch::slot_of;
use crate::limits::{JOB_ACTIONS_FOUND_MAX, JOBS_FOUND_MAX, JOBS_PASSED_MAX, JOBS_PASSED_MAX_NOW_AND_THEN};
use crate::runtime::Inner;

/// What a job occupies while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Worker,
    Action,
    /// Nothing: its row cannot be read.
    Never,
}

/// Slots that are not occupied.
pub(super) struct Free {
    pub workers: usize,
    pub actions: usize,
}

impl Free {
    /// Gives one of the free slots to a job.
    pub fn occupy(&mut self, slot: Slot) {
        match slot {
            Slot::Worker => self.workers -= 1,
            Slot::Action => self.actions -= 1,
            Slot::Never => {}
        }
    }
}

/// A row that was due when it was found. It may have been cancelled or changed since.
pub(super) struct Due {
    pub row: DocumentId,
    pub namespace: Namespace,
    pub agenda: &'static Agenda,
    pub due_ns: u64,
}

/// The rows that were found, in the order they came due.
#[derive(Default)]
pub(super) struct Backlog {
    workers: VecDeque<Due>,
    actions: VecDeque<Due>,
    known: HashSet<DocumentId>,
    /// Whether the last walk went past due rows for which there was no room here, of either kind.
    left_behind: Left,
    /// Rows that a walk through one component may go past. Count.
    passes_max: usize,
    /// When a walk last went past many rows that must wait, on the monotonic clock.
    looked_behind_at: Option<Duration>,
}

#[derive(Clone, Copy, Default)]
struct Left {
    workers: bool,
    actions: bool,
}

/// What a walk through the pending rows came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    /// Everything that is due was looked at; the next row comes due then, in nanoseconds since the Unix epoch.
    Whole { next_ns: u64 },
    /// There may be more that is due.
    Partial,
}

/// How often rows far behind those that wait for a slot are looked at.
pub(super) const LOOK_BEHIND_INTERVAL: Duration = Duration::from_secs(1);

impl Backlog {
    /// Whether a slot is free that nothing found so far is waiting for. What is only for actions is not looked for
    /// behind many others.
    pub fn leaves(&self, free: &Free) -> bool {
        let worker = free.workers > 0 && self.workers.is_empty();
        let action = free.actions > 0 && self.actions.is_empty() && self.workers.len() <= JOBS_PASSED_MAX;
        worker || action
    }

    /// The same for rows that the last walk left behind, if nothing else can have come since.
    pub fn leaves_known(&self, free: &Free) -> bool {
        let worker = self.left_behind.workers && free.workers > 0 && self.workers.is_empty();
        let action = self.left_behind.actions && free.actions > 0 && self.actions.is_empty();
        worker || action
    }

    /// Whether it is time for a longer look behind rows that wait for a slot, which costs too much for every round.
    pub fn may_look_behind(&self, now: Duration) -> bool {
        self.looked_behind_at.is_none_or(|last| now >= last + LOOK_BEHIND_INTERVAL)
    }

    /// The next row for which a slot is free.
    pub fn take(&mut self, free: &Free) -> Option<(Due, Slot)> {
        let worker = (free.workers > 0).then(|| self.workers.pop_front()).flatten().map(|due| (due, Slot::Worker));
        let next = worker
            .or_else(|| (free.actions > 0).then(|| self.actions.pop_front()).flatten().map(|due| (due, Slot::Action)));
        if let Some((due, _)) = &next {
            self.known.remove(&due.row);
        }
        next
    }

    /// Prepares for a walk through all components.
    pub fn begin_walk(&mut self, now: Duration) {
        self.left_behind = Left::default();
        self.passes_max = JOBS_PASSED_MAX;
        if self.may_look_behind(now) {
            self.looked_behind_at = Some(now);
            self.passes_max = JOBS_PASSED_MAX_NOW_AND_THEN;
        }
    }

    /// Looks for further due rows of one component.
    pub fn walk(
        &mut self,
        inner: &Inner,
        signal: &Signal,
        tx: &mut Transaction,
        place: Place<'_>,
        now_ns: u64,
    ) -> Result<Walk, db::Error> {
        let mut passes = self.passes_max;
        let mut next = Walk::Whole { next_ns: u64::MAX };
        for agenda in AGENDAS {
            next = next.and(self.walk_agenda(inner, signal, tx, place, (agenda, now_ns), &mut passes)?);
        }
        Ok(next)
    }

    fn walk_agenda(
        &mut self,
        inner: &Inner,
        signal: &Signal,
        tx: &mut Transaction,
        place: Place<'_>,
        (agenda, now_ns): (&'static Agenda, u64),
        passes: &mut usize,
    ) -> Result<Walk, db::Error> {
        let mut rows = tx.query(place.namespace, agenda.pending())?;
        while self.workers.len() < JOBS_FOUND_MAX || self.actions.len() < JOB_ACTIONS_FOUND_MAX {
            let Some(row) = tx.next(&mut rows)? else { return Ok(Walk::Whole { next_ns: u64::MAX }) };
            let due_ns = agenda.due_ns(&row);
            if due_ns > now_ns {
                return Ok(Walk::Whole { next_ns: due_ns });
            }
            if self.known.contains(&row.id) || signal.is_running(row.id) {
                continue;
            }
            let Some((call, _)) = agenda.prepare(tx, place, &row)? else {
                tracing::error!(row = %row.id, table = agenda.table, "a job's row cannot be read; it will not run");
                signal.occupy(row.id, Slot::Never);
                continue;
            };
            let (queue, most, left_behind) = match slot_of(inner, &call) {
                Slot::Action => (&mut self.actions, JOB_ACTIONS_FOUND_MAX, &mut self.left_behind.actions),
                Slot::Worker | Slot::Never => (&mut self.workers, JOBS_FOUND_MAX, &mut self.left_behind.workers),
            };
            if queue.len() >= most {
                *left_behind = true;
                if *passes == 0 {
                    return Ok(Walk::Partial);
                }
                *passes -= 1;
                continue;
            }
            self.known.insert(row.id);
            queue.push_back(Due { row: row.id, namespace: place.namespace, agenda, due_ns });
        }
        Ok(Walk::Partial)
    }
}

impl Walk {
    pub fn and(self, other: Walk) -> Walk {
        match (self, other) {
            (Walk::Whole { next_ns: left }, Walk::Whole { next_ns: right }) => Walk::Whole { next_ns: left.min(right) },
            _ => Walk::Partial,
        }
    }
}

#[cfg(test)]
mod tests;
