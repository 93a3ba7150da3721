use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[derive(Default)]
struct Counter(AtomicUsize);

impl Watch for Counter {
    fn stale(&self, _at: Timestamp) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn watched(state: &mut ValidityState, watcher: &Arc<Counter>) {
    let weak: Weak<Counter> = Arc::downgrade(watcher);
    state.add(Watcher::Shared(weak as Weak<dyn Watch>));
}

// A client that logged in and out for ever made a shared result grow without bound.
// Each time its queries ran again the same session was added to the result's watchers.
#[test]
fn a_session_that_watches_again_and_again_is_kept_once() {
    let (one, other) = (Arc::new(Counter::default()), Arc::new(Counter::default()));
    let mut state = ValidityState::default();
    watched(&mut state, &other);
    for _ in 0..10_000 {
        watched(&mut state, &one);
    }
    assert!(state.watchers.len() <= 2 * SWEEP_LEN_MIN, "{}", state.watchers.len());
    let validity = Validity { state: Mutex::new(state) };
    validity.invalidate(Timestamp(5));
    assert!(one.0.load(Ordering::SeqCst) >= 1);
    assert_eq!(other.0.load(Ordering::SeqCst), 1);
}

#[test]
fn watchers_that_are_gone_are_let_go() {
    let mut state = ValidityState::default();
    for _ in 0..10_000 {
        watched(&mut state, &Arc::new(Counter::default()));
    }
    assert!(state.watchers.len() <= 2 * SWEEP_LEN_MIN);
}
