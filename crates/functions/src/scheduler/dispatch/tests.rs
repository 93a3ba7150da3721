use platform::Platform;
use serde_json::json;

use super::*;
use crate::tests::App;

// The dispatcher slept although jobs were due: those that need not run any more had taken all free slots.
#[test]
fn jobs_that_need_not_run_any_more_take_no_slot() {
    let app = App::start();
    let args = json!({ "name": "app:add", "args": { "table": "ran", "body": 1 }, "count": 4, "delayMs": 3_600_000 });
    assert!(app.mutate("app:laterAgain", args).outcome.is_ok());
    let inner = &app.runtime.inner;
    let (mut rounds, signal) = (Rounds::default(), Arc::new(Signal::default()));
    let mut tx = begin_unlimited(&inner.database, BeginAt::Durable).unwrap();
    let deployment = inner.deployment_at(tx.snapshot());
    rounds.backlog.begin_walk(inner.platform.monotonic());
    let place = places(&deployment).next().unwrap();
    let in_two_hours = inner.platform.now_ns() + 7_200_000_000_000;
    rounds.backlog.walk(inner, &signal, &mut tx, place, in_two_hours).unwrap();
    let jobs = app.rows(TABLE);
    for job in &jobs[..3] {
        assert!(app.mutate("app:cancel", json!({ "id": job["_id"] })).outcome.is_ok());
    }
    let mut tx = begin_unlimited(&inner.database, BeginAt::Durable).unwrap();
    let mut free = Free { workers: 2, actions: 2 };
    assert_eq!(rounds.start(inner, &signal, &mut tx, &deployment, &mut free).unwrap(), None);
    assert_eq!(free.workers, 1);
    app.until_rows("ran", |rows| rows.len() == 1);
    let states: Vec<_> = app.rows(TABLE).iter().map(|job| job["state"]["kind"].clone()).collect();
    assert_eq!(states, ["canceled", "canceled", "canceled", "success"]);
}

// What is left behind many others is looked for once a second; until then a busy dispatcher helps nobody.
#[test]
fn actions_behind_many_mutations_do_not_keep_the_dispatcher_busy() {
    let (platform, _clock) = Platform::simulated(23);
    let app = App::on_platform(platform);
    for (name, count) in [("app:throwInAction", 300), ("app:add", 100)] {
        let args = json!({ "name": name, "args": {}, "count": count, "delayMs": 3_600_000 });
        assert!(app.mutate("app:laterAgain", args).outcome.is_ok());
    }
    let inner = &app.runtime.inner;
    let (mut rounds, signal) = (Rounds::default(), Signal::default());
    let mut tx = begin_unlimited(&inner.database, BeginAt::Durable).unwrap();
    let deployment = inner.deployment_at(tx.snapshot());
    let place = places(&deployment).next().unwrap();
    rounds.backlog.begin_walk(inner.platform.monotonic());
    rounds.backlog.walk(inner, &signal, &mut tx, place, u64::MAX - 1).unwrap();
    let free = Free { workers: 0, actions: 1 };
    while rounds.backlog.take(&free).is_some() {}
    assert!(rounds.backlog.leaves_known(&free));
    assert_eq!(rounds.wait(inner, &signal, &free), LOOK_BEHIND_INTERVAL);
}
