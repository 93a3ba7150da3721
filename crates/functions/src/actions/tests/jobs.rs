//! Scheduled actions: at most once, cancelled while they run, without a user.

use super::*;

fn schedule(app: &App, name: &str, args: Json) -> String {
    let outcome = app.mutate("app:later", json!({ "name": name, "args": args, "delayMs": 0 })).outcome;
    value_of(&outcome).as_str().unwrap().to_owned()
}

fn reaches(app: &App, id: &str, kind: &str) -> Json {
    app.until("app:job", json!({ "id": id }), |job| job["state"]["kind"] == json!(kind))
}

// - [ ] `_scheduled_functions` document at each state; visible reactively; gone after 7 days
#[test]
fn an_action_job_is_in_progress_and_then_done() {
    let app = App::start();
    let id = schedule(&app, "app:waitsForNote", json!({ "table": "go" }));
    reaches(&app, &id, "inProgress");
    app.add("go", json!("now"));
    let job = reaches(&app, &id, "success");
    assert_eq!(job["name"], json!("app.js:waitsForNote"));
    assert!(job["completedTime"].is_number());
    let failing = schedule(&app, "app:throwInAction", json!({ "table": "notes" }));
    let job = reaches(&app, &failing, "failed");
    assert!(job["state"]["error"].as_str().unwrap().contains("after the mutation"), "{job}");
    assert_eq!(notes(&app), json!(["stays"]), "it ran once");
}

// - [ ] job runs without identity
#[test]
fn a_job_has_no_user_and_knows_its_id() {
    let app = App::start();
    let args = json!({ "name": "app:noteOperation", "args": { "name": "1.0/getUserIdentity" }, "delayMs": 0 });
    let outcome =
        wait(app.runtime.mutation(MutationRequest { call: app.call("app:later", args, alice()), session: None }));
    assert!(outcome.unwrap().outcome.is_ok());
    assert_eq!(app.until("app:list", json!({ "table": "notes" }), |notes| *notes != json!([])), json!([null]));
    let id = schedule(&app, "app:noteOperation", json!({ "name": "1.0/getRequestMetadata" }));
    reaches(&app, &id, "success");
    assert_eq!(notes(&app)[1]["scheduledFunctionId"], json!(id));
}

// - [ ] scheduled mutation exactly once across crash; action failed after crash
#[test]
fn an_interrupted_action_counts_as_failed_and_does_not_begin_again() {
    let engine: Arc<dyn storage::Engine> = Arc::new(storage::MemoryEngine::new());
    let app = App::on(engine.clone());
    let id = schedule(&app, "app:waitsForNote", json!({ "table": "go" }));
    app.until("app:list", json!({ "table": "began" }), |rows| *rows == json!(["once"]));
    drop(app);
    let app = App::on(engine);
    let job = reaches(&app, &id, "failed");
    assert_eq!(job["state"]["error"], json!("Transient error while executing action"));
    assert_eq!(value_of(&app.query("app:list", json!({ "table": "began" })).outcome), json!(["once"]));
}

// - [ ] runAfter(0), future, past, > 5 years, nonexistent target, cancel pending / in progress / done / foreign id
// - [ ] self-cancel by version; children of canceled parents canceled
#[test]
fn a_cancelled_action_goes_on_but_its_children_do_not_begin() {
    let app = App::start();
    let id = schedule(&app, "app:waitsThenSchedules", json!({ "table": "go" }));
    reaches(&app, &id, "inProgress");
    assert!(app.mutate("app:cancel", json!({ "id": id })).outcome.is_ok());
    app.add("go", json!("now"));
    let children = app.until("app:list", json!({ "table": "children" }), |rows| rows.as_array().unwrap().len() == 1);
    for child in children[0].as_array().unwrap() {
        let job = value_of(&app.query("app:job", json!({ "id": child })).outcome);
        assert_eq!(job["state"], json!({ "kind": "canceled" }), "{job}");
    }
    reaches(&app, &id, "canceled");
}

#[test]
fn a_mutation_that_cancels_its_own_job_goes_on() {
    let app = App::start();
    let id = schedule(&app, "app:cancelsItself", json!({ "version": null }));
    reaches(&app, &id, "success");
    // A job's row is there before its log entry.
    let mut news = app.runtime.logs().watch();
    let warned = || {
        app.runtime.logs().after(0.0).iter().any(|entry| {
            entry.log_lines().iter().any(|line| line.messages[0].starts_with("A mutation cannot cancel itself"))
        })
    };
    wait(async {
        while !warned() {
            tokio::time::timeout(Duration::from_secs(20), news.changed()).await.expect("a warning").unwrap();
        }
    });
}

#[test]
fn mutations_do_not_wait_behind_actions_that_wait() {
    let app = bounded(|actions| actions.jobs_running_max = 2);
    let ids: Vec<String> = (0..5).map(|_| schedule(&app, "app:waitsForNote", json!({ "table": "go" }))).collect();
    let mutation = schedule(&app, "app:add", json!({ "table": "notes", "body": "past them" }));
    reaches(&app, &mutation, "success");
    app.add("go", json!("now"));
    for id in ids {
        reaches(&app, &id, "success");
    }
}

#[test]
fn many_due_actions_run_once_each_while_users_are_served() {
    const JOBS: usize = 300;
    let app = App::start();
    let scheduled = app.mutate("app:laterMany", json!({ "count": JOBS }));
    assert!(scheduled.outcome.is_ok());
    for _ in 0..20 {
        assert_eq!(value_of(&app.query("app:hello", json!({})).outcome), json!("hello"));
    }
    let runs = app.until("app:list", json!({ "table": "runs" }), |rows| rows.as_array().unwrap().len() >= JOBS);
    let mut numbers: Vec<u64> = runs.as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as u64).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..JOBS as u64).collect::<Vec<_>>());
}
