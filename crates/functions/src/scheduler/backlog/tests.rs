use db::BeginAt;
use serde_json::json;

use super::super::agenda::places;
use super::*;
use crate::deploy::tables::begin_unlimited;
use crate::tests::App;

/// More than fits into the backlog, in mutations that may schedule this many each.
const JOBS: usize = 2 * 700;

/// An app with jobs that come due in an hour, each of them `name`.
fn waiting(name: &str) -> App {
    let app = App::start();
    for _ in 0..2 {
        let args = json!({ "name": name, "count": JOBS / 2, "delayMs": 3_600_000 });
        assert!(app.mutate("app:laterAgain", args).outcome.is_ok());
    }
    app
}

/// Walks as if all jobs were due.
fn walk(app: &App, backlog: &mut Backlog) -> Walk {
    let inner = &app.runtime.inner;
    let mut tx = begin_unlimited(&inner.database, BeginAt::Durable).unwrap();
    let deployment = inner.deployment_at(tx.snapshot());
    let place = places(&deployment).next().unwrap();
    let in_two_hours = inner.platform.now_ns() + 7_200_000_000_000;
    backlog.begin_walk(Duration::from_secs(60));
    backlog.walk(inner, &Signal::default(), &mut tx, place, in_two_hours).unwrap()
}

/// Takes all that a free slot lets go; how many there were.
fn empty(backlog: &mut Backlog, free: &Free) -> usize {
    std::iter::from_fn(|| backlog.take(free)).count()
}

// The dispatcher slept although jobs were due: it had walked past those that found no room, to the end of the rows.
#[test]
fn what_a_walk_to_the_end_left_behind_is_looked_for_again() {
    let app = waiting("app:add");
    let mut backlog = Backlog::default();
    assert_eq!(walk(&app, &mut backlog), Walk::Whole { next_ns: u64::MAX });
    let free = Free { workers: 1, actions: 1 };
    assert!(!backlog.leaves_known(&free), "there is enough to begin with");
    assert_eq!(empty(&mut backlog, &free), JOBS_FOUND_MAX);
    assert!(backlog.leaves_known(&free));
    assert!(!backlog.leaves_known(&Free { workers: 0, actions: 1 }), "no actions are left");
    // One long look a second is enough, and here time stands still.
    assert_eq!(walk(&app, &mut backlog), Walk::Partial);
}

#[test]
fn actions_that_find_no_room_do_not_keep_the_dispatcher_busy() {
    let app = waiting("app:throwInAction");
    let mut backlog = Backlog::default();
    assert_eq!(walk(&app, &mut backlog), Walk::Whole { next_ns: u64::MAX });
    assert!(!backlog.leaves_known(&Free { workers: 1, actions: 0 }));
    let free = Free { workers: 1, actions: 1 };
    assert_eq!(empty(&mut backlog, &free), JOB_ACTIONS_FOUND_MAX);
    assert!(backlog.leaves_known(&free));
}
