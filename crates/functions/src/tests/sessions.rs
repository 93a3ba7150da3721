//! Repeated requests of one session, and conflicts.

use serde_json::json;
use uuid::Uuid;

use super::*;

fn send(app: &App, session: u128, number: u32, path: &str, args: Json) -> MutationResult {
    let call = app.call(path, args, Identity::Anonymous);
    let session = Some((Uuid::from_u128(session), number));
    wait(app.runtime.mutation(MutationRequest { call, session })).unwrap()
}

// - [ ] Resent (sessionId, requestId) of a committed mutation returns the stored result and ts without running again.
// - [ ] duplicate WebSocket mutation returns recorded result
// - [ ] Same requestId under another sessionId is independent.
#[test]
fn a_repeated_request_is_answered_from_its_record() {
    let app = App::start();
    let args = json!({ "table": "notes", "body": "once" });
    let first = send(&app, 1, 7, "app:add", args.clone());
    let again = send(&app, 1, 7, "app:add", args.clone());
    assert_eq!((first.outcome.clone(), first.ts), (again.outcome, again.ts));
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome), json!(["once"]));
    send(&app, 2, 7, "app:add", args);
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome), json!(["once", "once"]));
}

// - [ ] Resent failed mutation runs again.
#[test]
fn a_failed_request_runs_again() {
    let app = App::start();
    let failed = send(&app, 1, 1, "app:addThenThrow", json!({ "table": "notes" }));
    assert!(failed.outcome.is_err());
    assert!(send(&app, 1, 1, "app:add", json!({ "table": "notes", "body": 1 })).outcome.is_ok());
}

#[test]
fn a_record_survives_a_restart() {
    let engine: Arc<dyn storage::Engine> = Arc::new(storage::MemoryEngine::new());
    let args = json!({ "table": "notes", "body": "once" });
    let first = send(&App::on(engine.clone()), 1, 7, "app:add", args.clone());
    let app = App::on(engine);
    let again = send(&app, 1, 7, "app:add", args);
    assert_eq!((first.outcome, first.ts), (again.outcome, again.ts));
}

// - [ ] conflicting mutations: one retries; after retries OCC error text and code
#[test]
fn increments_of_one_counter_never_get_lost() {
    let app = App::start();
    let id = app.add("counters", json!(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let result = app.mutate("app:increment", json!({ "id": id }));
                    assert!(result.outcome.is_ok(), "{result:?}");
                }
            });
        }
    });
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "counters" })).outcome), json!([200.0]));
}

// Records of committed mutations were kept for ever, one row for each mutation of every socket.
// Nothing deleted them.
#[test]
fn old_records_are_forgotten() {
    let app = App::start();
    let args = json!({ "table": "notes", "body": "x" });
    for number in 0..3 {
        send(&app, 1, number, "app:add", args.clone());
    }
    let now = app.runtime.platform().now_ms();
    assert_eq!(crate::sessions::sweep(&app.database, now - 60_000.0).unwrap(), 0, "young ones stay");
    send(&app, 1, 0, "app:add", args.clone());
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome).as_array().unwrap().len(), 3);
    assert_eq!(crate::sessions::sweep(&app.database, now + 60_000.0).unwrap(), 3);
    assert_eq!(crate::sessions::sweep(&app.database, now + 60_000.0).unwrap(), 0);
    send(&app, 1, 0, "app:add", args);
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "notes" })).outcome).as_array().unwrap().len(), 4);
}
