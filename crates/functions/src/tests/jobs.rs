//! Scheduled functions and cron jobs.

use serde_json::json;

use super::*;
use crate::deployment::{CronSchedule, CronSpec};

fn schedule(app: &App, name: &str, args: Json, delay_ms: f64) -> String {
    let outcome = app.mutate("app:later", json!({ "name": name, "args": args, "delayMs": delay_ms })).outcome;
    value_of(&outcome).as_str().unwrap().to_owned()
}

fn settled(app: &App, id: &str) -> Json {
    app.until("app:job", json!({ "id": id }), |job| job["completedTime"].is_number())
}

// - [ ] `_scheduled_functions` document at each state; visible reactively; gone after 7 days
#[test]
fn a_scheduled_mutation_runs_and_its_document_says_so() {
    let app = App::start();
    let id = schedule(&app, "app:add", json!({ "table": "notes", "body": "later" }), 0.0);
    let job = settled(&app, &id);
    assert_eq!(job["state"], json!({ "kind": "success" }));
    assert_eq!(job["name"], json!("app.js:add"));
    assert_eq!(job["args"], json!([{ "table": "notes", "body": "later" }]));
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome), json!(["later"]));
}

#[test]
fn a_failing_job_keeps_its_error_and_none_of_its_writes() {
    let app = App::start();
    let id = schedule(&app, "app:addThenThrow", json!({ "table": "notes" }), 0.0);
    let job = settled(&app, &id);
    assert_eq!(job["state"]["kind"], json!("failed"));
    assert!(job["state"]["error"].as_str().unwrap().contains("after the write"));
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome), json!([]));
}

// - [ ] throw after writes leaves nothing, including scheduled jobs
#[test]
fn a_failing_mutation_schedules_nothing() {
    let app = App::start();
    assert!(app.mutate("app:laterThenThrow", json!({ "table": "notes" })).outcome.is_err());
    assert_eq!(value_of(&app.query("app:jobs", json!({})).outcome), json!([]));
}

// - [ ] runAfter(0), future, past, > 5 years, nonexistent target, cancel pending / in progress / done / foreign id
#[test]
fn jobs_can_be_cancelled_while_pending() {
    let app = App::start();
    let id = schedule(&app, "app:add", json!({ "table": "notes", "body": 1 }), 3_600_000.0);
    assert_eq!(value_of(&app.query("app:job", json!({ "id": id })).outcome)["state"], json!({ "kind": "pending" }));
    assert!(app.mutate("app:cancel", json!({ "id": id })).outcome.is_ok());
    assert_eq!(value_of(&app.query("app:job", json!({ "id": id })).outcome)["state"], json!({ "kind": "canceled" }));
    let again = app.mutate("app:cancel", json!({ "id": id }));
    assert!(again.outcome.is_ok(), "cancelling a finished job does nothing");
    let foreign = app.add("notes", json!(1));
    let error = error_of(&app.mutate("app:cancel", json!({ "id": foreign })).outcome);
    assert!(error.contains("The ID must be an ID on the '_scheduled_functions' table."), "{error}");
}

#[test]
fn bad_targets_and_times_are_refused_at_once() {
    let app = App::start();
    let error = |name: &str, delay_ms: f64| {
        error_of(&app.mutate("app:later", json!({ "name": name, "args": {}, "delayMs": delay_ms })).outcome)
    };
    assert!(error("nope:add", 0.0).contains("Attempted to schedule function at nonexistent path: nope:add"));
    assert!(error("app:nope", 0.0).contains("no exported function nope found in the file: app.js"));
    assert!(error("app:add", 6.0 * 366.0 * 86_400_000.0).contains("more than 5 years in the future"));
    assert!(error("app:add", -6.0 * 366.0 * 86_400_000.0).contains("more than 5 years in the past"));
}

// - [ ] scheduled mutation exactly once across crash; action failed after crash
#[test]
fn jobs_survive_a_restart_and_run_once() {
    let engine: Arc<dyn storage::Engine> = Arc::new(storage::MemoryEngine::new());
    let app = App::on(engine.clone());
    let done = |jobs: &Json| jobs.as_array().unwrap().iter().filter(|job| job["completedTime"].is_number()).count();
    for n in 0..20 {
        // Half of them are due when the code is there again, which a test deploys after the start.
        let delay_ms = if n < 10 { 0.0 } else { 3000.0 };
        schedule(&app, "app:add", json!({ "table": "notes", "body": n }), delay_ms);
    }
    app.until("app:jobs", json!({}), |jobs| done(jobs) == 10);
    drop(app);
    let app = App::on(engine);
    let done = app.until("app:jobs", json!({}), |jobs| {
        jobs.as_array().unwrap().iter().all(|job| job["state"]["kind"] == json!("success"))
    });
    assert_eq!(done.as_array().unwrap().len(), 20);
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome).as_array().unwrap().len(), 20);
}

fn cron(seconds: u64, body: &str) -> CronSpec {
    CronSpec {
        identifier: "tick".into(),
        path: FunctionPath::parse("app:add").unwrap(),
        args: json!([{ "table": "ticks", "body": body }]).to_string(),
        schedule: CronSchedule::Interval { seconds },
    }
}

fn apply(app: &App, specs: &[CronSpec]) {
    let mut tx = app.database.begin(BeginAt::Validated).unwrap();
    crate::crons::apply(&mut tx, Namespace::ROOT, specs, app.runtime.platform().now_ns()).unwrap();
    let pending = app.database.commit(tx, db::CommitOptions::default()).unwrap();
    wait(pending.durable()).unwrap();
}

#[test]
fn an_interval_runs_at_once_and_a_removed_job_is_gone() {
    let app = App::start();
    apply(&app, &[cron(3600, "tick")]);
    let ticks = app.until("app:list", json!({ "table": "ticks" }), |ticks| !ticks.as_array().unwrap().is_empty());
    assert_eq!(ticks, json!(["tick"]));
    // The same spec again keeps the next run, which is an hour away.
    apply(&app, &[cron(3600, "tick")]);
    apply(&app, &[]);
    let mut tx = app.database.begin(BeginAt::Validated).unwrap();
    assert_eq!(tx.count(Namespace::ROOT, crate::crons::JOBS).unwrap(), 0);
    assert_eq!(tx.count(Namespace::ROOT, crate::crons::NEXT_RUNS).unwrap(), 0);
    assert_eq!(tx.count(Namespace::ROOT, crate::crons::LOGS).unwrap(), 1);
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "ticks" })).outcome), json!(["tick"]));
}
