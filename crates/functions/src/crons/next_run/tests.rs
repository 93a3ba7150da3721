//! Next runs of every kind of schedule.

use super::*;

fn ns(text: &str) -> u64 {
    DateTime::parse_from_rfc3339(text).unwrap().timestamp_nanos_opt().unwrap() as u64
}

fn minutes(schedule: &CronSchedule, from: &str, count: usize) -> Vec<String> {
    let mut at = ns(from);
    let mut runs = Vec::new();
    for _ in 0..count {
        at = after(schedule, "job", at);
        runs.push(DateTime::from_timestamp_nanos(at as i64).format("%a %Y-%m-%d %H:%M").to_string());
    }
    runs
}

// - [ ] cron next-run computation for each type; skip missed, no overlap; removal on push
#[test]
fn calendar_schedules_follow_utc() {
    let hourly = CronSchedule::Hourly { minute: Some(15) };
    assert_eq!(minutes(&hourly, "2026-01-31T22:20:00Z", 2), ["Sat 2026-01-31 23:15", "Sun 2026-02-01 00:15"]);
    let daily = CronSchedule::Daily { hour: 6, minute: Some(0) };
    assert_eq!(minutes(&daily, "2026-02-28T07:00:00Z", 1), ["Sun 2026-03-01 06:00"]);
    let weekly = CronSchedule::Weekly { day_of_week: 0, hour: 1, minute: Some(2) };
    assert_eq!(minutes(&weekly, "2026-11-23T00:00:00Z", 2), ["Sun 2026-11-29 01:02", "Sun 2026-12-06 01:02"]);
    let cron = CronSchedule::Cron { expression: "*/20 9-10 * * mon".into() };
    assert_eq!(
        minutes(&cron, "2026-11-23T09:30:00Z", 3),
        ["Mon 2026-11-23 09:40", "Mon 2026-11-23 10:00", "Mon 2026-11-23 10:20"]
    );
}

#[test]
fn a_month_without_the_day_is_skipped() {
    let monthly = CronSchedule::Monthly { day: 31, hour: 0, minute: Some(0) };
    assert_eq!(minutes(&monthly, "2026-01-31T12:00:00Z", 2), ["Tue 2026-03-31 00:00", "Sun 2026-05-31 00:00"]);
}

#[test]
fn an_interval_keeps_its_anchor_and_skips_what_was_missed() {
    let every_minute = CronSchedule::Interval { seconds: 60 };
    let start = ns("2026-01-01T00:00:10Z");
    assert_eq!(first(&every_minute, "job", start), start);
    assert_eq!(following(&every_minute, "job", start, start + SECOND_NS), (start + 60 * SECOND_NS, 0));
    let late = start + 200 * SECOND_NS;
    assert_eq!(following(&every_minute, "job", start, late), (start + 240 * SECOND_NS, 3));
}

#[test]
fn missed_calendar_runs_are_counted_once_each() {
    let hourly = CronSchedule::Hourly { minute: Some(0) };
    let previous = after(&hourly, "job", ns("2026-01-01T00:30:00Z"));
    let (next, skipped) = following(&hourly, "job", previous, previous + 3 * 3600 * SECOND_NS + SECOND_NS);
    assert_eq!((next, skipped), (previous + 4 * 3600 * SECOND_NS, 3));
}

#[test]
fn an_open_minute_is_stable() {
    let open = CronSchedule::Hourly { minute: None };
    let from = ns("2026-01-01T00:00:00Z");
    assert_eq!(after(&open, "job", from), after(&open, "job", from));
    assert_ne!(stable("a", "minute"), stable("b", "minute"));
}
