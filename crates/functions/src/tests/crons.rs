//! Cron jobs: their rows, and the rows of their runs.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::crons::{JOBS, LOGS, NEXT_RUNS};
use crate::deployment::{CronSchedule, CronSpec};

fn spec(path: &str, args: Json, seconds: u64) -> CronSpec {
    CronSpec {
        identifier: "tick".into(),
        path: FunctionPath::parse(path).unwrap(),
        args: json!([args]).to_string(),
        schedule: CronSchedule::Interval { seconds },
    }
}

fn ticks(seconds: u64) -> CronSpec {
    spec("app:add", json!({ "table": "ticks", "body": "tick" }), seconds)
}

fn apply(app: &App, specs: &[CronSpec]) {
    let mut tx = app.database.begin(BeginAt::Validated).unwrap();
    crate::crons::apply(&mut tx, Namespace::ROOT, specs, app.runtime.platform().now_ns()).unwrap();
    let pending = app.database.commit(tx, db::CommitOptions::default()).unwrap();
    wait(pending.durable()).unwrap();
}

/// The stored form of an integer.
fn int(value: u64) -> Json {
    serde_json::from_str(&value::Value::Int64(value as i64).to_json()).unwrap()
}

fn statuses(logs: &[Json]) -> Vec<&str> {
    logs.iter().map(|log| log["status"]["type"].as_str().unwrap()).collect()
}

fn state(app: &App) -> Json {
    app.rows(NEXT_RUNS)[0]["state"].clone()
}

// - [ ] cron next-run computation for each type; skip missed, no overlap; removal on push
#[test]
fn an_interval_runs_at_once_and_a_removed_job_is_gone() {
    let app = App::start();
    apply(&app, &[ticks(3600)]);
    app.until_rows("ticks", |rows| rows.len() == 1);
    // The same spec again keeps the next run, which is an hour away; another one begins anew.
    let next = || app.rows(NEXT_RUNS)[0]["nextTs"].clone();
    let before = next();
    apply(&app, &[ticks(3600)]);
    assert_eq!(next(), before);
    apply(&app, &[spec("app:add", json!({ "table": "ticks", "body": "tock" }), 7200)]);
    app.until_rows("ticks", |rows| rows.len() == 2);
    assert_ne!(next(), before);
    apply(&app, &[]);
    assert_eq!((app.rows(JOBS).len(), app.rows(NEXT_RUNS).len(), app.rows(LOGS).len()), (0, 0, 2));
    assert_eq!(app.rows("ticks").len(), 2);
}

#[test]
fn a_run_that_its_job_is_taken_away_from_ends_as_any_other() {
    let app = App::start();
    apply(&app, &[spec("app:waitsForNote", json!({ "table": "go" }), 3600)]);
    app.until_rows("began", |rows| rows.len() == 1);
    apply(&app, &[]);
    app.add("go", json!("now"));
    let logs = app.until_rows(LOGS, |logs| logs.len() == 1);
    assert_eq!(statuses(&logs), ["success"]);
    assert!(app.rows(NEXT_RUNS).is_empty());
}

#[test]
fn after_a_failure_the_next_run_comes() {
    let (platform, clock) = Platform::simulated(22);
    let app = App::on_platform(platform);
    apply(&app, &[spec("app:addThenThrow", json!({ "table": "notes" }), 60)]);
    app.until_rows(LOGS, |logs| logs.len() == 1);
    clock.advance(Duration::from_secs(60));
    // A new job wakes the dispatcher, which sleeps in real time.
    let now = json!({ "name": "app:add", "args": { "table": "later", "body": 1 }, "delayMs": 0 });
    assert!(app.mutate("app:later", now).outcome.is_ok());
    let logs = app.until_rows(LOGS, |logs| logs.len() == 2);
    assert_eq!(statuses(&logs), ["err", "err"]);
    assert!(app.rows("notes").is_empty());
}

// - [ ] skip missed
#[test]
fn of_missed_runs_one_is_made_up_for_and_the_log_counts_the_others() {
    let (platform, clock) = Platform::simulated(21);
    let app = App::on_platform(platform.clone());
    let began = platform.now_ns();
    apply(&app, &[ticks(60)]);
    app.until_rows(LOGS, |logs| logs.len() == 1);
    clock.advance(Duration::from_secs(600));
    // A new job wakes the dispatcher, which sleeps in real time.
    let now = json!({ "name": "app:add", "args": { "table": "later", "body": 1 }, "delayMs": 0 });
    assert!(app.mutate("app:later", now).outcome.is_ok());
    let logs = app.until_rows(LOGS, |logs| logs.len() == 3);
    assert_eq!(statuses(&logs), ["success", "canceled", "success"]);
    assert_eq!(logs[1]["status"]["num_canceled"], int(9));
    let text = "[WARN] Skipping 9 run(s) of job tick because multiple scheduled runs are in the past";
    assert_eq!(logs[1]["logLines"]["logLines"], json!([text]));
    assert_eq!(logs[2]["ts"], int(began + 60_000_000_000));
    let next = &app.rows(NEXT_RUNS)[0];
    assert_eq!(next["prevTs"], logs[2]["ts"]);
    assert_eq!(next["nextTs"], int(began + 660_000_000_000), "the intervals keep their anchor");
}

#[test]
fn an_action_is_in_progress_until_it_ends() {
    let app = App::start();
    apply(&app, &[spec("app:waitsForNote", json!({ "table": "go" }), 3600)]);
    app.until_rows("began", |rows| rows.len() == 1);
    assert_eq!(state(&app), json!({ "type": "inProgress" }));
    assert!(app.rows(LOGS).is_empty());
    app.add("go", json!("now"));
    let logs = app.until_rows(LOGS, |logs| logs.len() == 1);
    assert_eq!(statuses(&logs), ["success"]);
    assert_eq!(state(&app), json!({ "type": "pending" }));
}

#[test]
fn a_failing_action_leaves_its_error_in_the_log() {
    let app = App::start();
    apply(&app, &[spec("app:throwInAction", json!({ "table": "notes" }), 3600)]);
    let logs = app.until_rows(LOGS, |logs| logs.len() == 1);
    assert_eq!(statuses(&logs), ["err"]);
    assert!(logs[0]["status"]["error"].as_str().unwrap().starts_with("Uncaught Error: after the mutation"));
    assert_eq!(state(&app), json!({ "type": "pending" }));
}

// - [ ] no overlap
#[test]
fn a_job_whose_action_still_runs_does_not_begin_again() {
    let app = App::start();
    apply(&app, &[spec("app:waitsForNote", json!({ "table": "go" }), 1)]);
    app.until_rows("began", |rows| rows.len() == 1);
    // Two runs are due before this one.
    let after = json!({ "name": "app:add", "args": { "table": "later", "body": 1 }, "delayMs": 2500 });
    assert!(app.mutate("app:later", after).outcome.is_ok());
    app.until_rows("later", |rows| rows.len() == 1);
    assert_eq!(app.rows("began").len(), 1);
    app.add("go", json!("now"));
    let logs = app.until_rows(LOGS, |logs| logs.len() >= 3);
    // Every second brings another row, and only a few are kept.
    assert!(statuses(&logs).windows(2).any(|pair| pair == ["canceled", "success"]), "{logs:?}");
}

#[test]
fn an_action_that_a_crash_ends_has_failed_and_the_next_run_comes() {
    let engine: Arc<dyn storage::Engine> = Arc::new(storage::MemoryEngine::new());
    let app = App::on(engine.clone());
    apply(&app, &[spec("app:waitsForNote", json!({ "table": "go" }), 3600)]);
    app.until_rows("began", |rows| rows.len() == 1);
    let interrupted = app.rows(NEXT_RUNS)[0].clone();
    drop(app);
    let app = App::on(engine);
    let logs = app.rows(LOGS);
    assert_eq!(logs.len(), 1);
    let status = json!({ "type": "err", "error": "Transient error while executing action" });
    assert_eq!((&logs[0]["status"], &logs[0]["ts"]), (&status, &interrupted["prevTs"]));
    assert_eq!((&logs[0]["name"], &logs[0]["udfPath"]), (&json!("tick"), &json!("app.js:waitsForNote")));
    let next = app.rows(NEXT_RUNS)[0].clone();
    assert_eq!((&next["state"], &next["nextTs"]), (&json!({ "type": "pending" }), &interrupted["nextTs"]));
    assert_eq!(app.rows("began").len(), 1, "it does not begin again");
}
