//! What both worlds promise.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::Platform;

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    matches!(future.poll(&mut context), Poll::Ready(_))
}

#[test]
fn simulated_time_moves_only_when_told() {
    let (platform, clock) = Platform::simulated(1);
    let before = platform.now_ns();
    assert_eq!(platform.now_ns(), before);
    clock.advance(Duration::from_millis(1500));
    assert_eq!(platform.now_ns() - before, 1_500_000_000);
    assert_eq!(platform.monotonic(), Duration::from_millis(1500));
    assert_eq!(platform.now_ms(), platform.now_ns() as f64 / 1e6);
}

#[test]
fn simulated_sleep_ends_when_its_deadline_is_reached() {
    let (platform, clock) = Platform::simulated(1);
    let mut short = pin!(platform.sleep(Duration::from_secs(1)));
    let mut long = pin!(platform.sleep(Duration::from_secs(2)));
    assert!(!poll_once(short.as_mut()));
    assert!(!poll_once(long.as_mut()));
    clock.advance(Duration::from_secs(1));
    assert!(poll_once(short.as_mut()));
    assert!(!poll_once(long.as_mut()));
    clock.advance(Duration::from_secs(5));
    assert!(poll_once(long.as_mut()));
}

#[test]
fn dropped_sleepers_are_forgotten() {
    let (platform, clock) = Platform::simulated(1);
    {
        let mut dropped = pin!(platform.sleep(Duration::from_secs(1)));
        assert!(!poll_once(dropped.as_mut()));
    }
    let mut kept = pin!(platform.sleep(Duration::from_secs(9)));
    assert!(!poll_once(kept.as_mut()));
    assert!(clock.advance_to_next_sleeper());
    assert_eq!(platform.monotonic(), Duration::from_secs(9));
    assert!(poll_once(kept.as_mut()));
    assert!(!clock.advance_to_next_sleeper());
}

#[test]
fn clones_share_one_world() {
    let (platform, clock) = Platform::simulated(1);
    let other = platform.clone();
    clock.advance(Duration::from_secs(3));
    assert_eq!(platform.now_ns(), other.now_ns());
    let (mut first, mut second) = ([0; 8], [0; 8]);
    platform.fill_random(&mut first);
    other.fill_random(&mut second);
    assert_ne!(first, second, "both draw from one stream");
}

#[test]
fn equal_seeds_give_equal_randomness() {
    let draw = |seed| {
        let mut bytes = [0; 21];
        Platform::simulated(seed).0.fill_random(&mut bytes);
        bytes
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn real_platform_gives_time_and_randomness() {
    let platform = Platform::real();
    assert!(platform.now_ns() > 1_700_000_000_000_000_000);
    let before = platform.monotonic();
    assert!(platform.monotonic() >= before);
    let (mut first, mut second) = ([0; 16], [0; 16]);
    platform.fill_random(&mut first);
    platform.fill_random(&mut second);
    assert_ne!(first, second);
}

#[tokio::test]
async fn sleeping_tasks_wake_in_order_of_their_deadlines() {
    let (platform, clock) = Platform::simulated(1);
    let (report, mut reports) = tokio::sync::mpsc::unbounded_channel();
    for seconds in [3, 1, 2, 9] {
        let (platform, report) = (platform.clone(), report.clone());
        tokio::spawn(async move {
            platform.sleep(Duration::from_secs(seconds)).await;
            report.send(seconds)
        });
    }
    tokio::task::yield_now().await;
    clock.advance(Duration::from_secs(5));
    for expected in [1, 2, 3] {
        assert_eq!(reports.recv().await, Some(expected));
    }
    assert!(reports.try_recv().is_err(), "the last one still sleeps");
}
