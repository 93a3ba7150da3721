//! When a cron job runs next.
//!
//! Calendar schedules become cron expressions in UTC. Within its minute a job runs at a second of its own, derived
//! from its name, so that the jobs of many apps do not all start on the full minute; the same goes for a minute that
//! was left open.

use chrono::{DateTime, Utc};
use croner::parser::CronParser;

use crate::deployment::CronSchedule;

const SECOND_NS: u64 = 1_000_000_000;
const NEVER: u64 = i64::MAX as u64;

/// The first run of a job that was just declared: at once for an interval, the next matching time otherwise.
pub(crate) fn first(schedule: &CronSchedule, name: &str, now_ns: u64) -> u64 {
    match schedule {
        CronSchedule::Interval { .. } => now_ns,
        _ => after(schedule, name, now_ns),
    }
}

/// The run after the one scheduled at `previous_ns`, skipping those before `now_ns`; with the number skipped.
pub(crate) fn following(schedule: &CronSchedule, name: &str, previous_ns: u64, now_ns: u64) -> (u64, u64) {
    if let CronSchedule::Interval { seconds } = schedule {
        let step = seconds * SECOND_NS;
        let missed = now_ns.saturating_sub(previous_ns) / step;
        return (previous_ns + (missed + 1) * step, missed);
    }
    let mut next = after(schedule, name, previous_ns);
    let mut skipped = 0;
    while next <= now_ns && skipped < 1000 {
        skipped += 1;
        next = after(schedule, name, next);
    }
    if next <= now_ns {
        next = after(schedule, name, now_ns);
    }
    (next, skipped)
}

/// The first matching time strictly after `ns`.
fn after(schedule: &CronSchedule, name: &str, ns: u64) -> u64 {
    let offset = stable(name, "second") * SECOND_NS;
    let Some(expression) = expression(schedule, name) else { return NEVER };
    let Ok(cron) = CronParser::new().parse(&expression) else { return NEVER };
    let from: DateTime<Utc> = DateTime::from_timestamp_nanos(ns.saturating_sub(offset) as i64);
    match cron.find_next_occurrence(&from, false) {
        Ok(next) => next.timestamp_nanos_opt().map_or(NEVER, |next| next as u64 + offset),
        Err(_) => NEVER,
    }
}

fn expression(schedule: &CronSchedule, name: &str) -> Option<String> {
    let minute = |given: &Option<u32>| given.map_or_else(|| stable(name, "minute"), u64::from);
    Some(match schedule {
        CronSchedule::Interval { .. } => return None,
        CronSchedule::Hourly { minute: m } => format!("{} * * * *", minute(m)),
        CronSchedule::Daily { hour, minute: m } => format!("{} {hour} * * *", minute(m)),
        CronSchedule::Weekly { day_of_week, hour, minute: m } => format!("{} {hour} * * {day_of_week}", minute(m)),
        CronSchedule::Monthly { day, hour, minute: m } => format!("{} {hour} {day} * *", minute(m)),
        CronSchedule::Cron { expression } => expression.clone(),
    })
}

/// A number from 0 to 59 that depends on the job's name only (FNV-1a).
fn stable(name: &str, what: &str) -> u64 {
    let bytes = name.bytes().chain(what.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)) % 60
}

#[cfg(test)]
mod tests;
