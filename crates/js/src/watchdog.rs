//! Makes QuickJS look at the clock when a call's time is up.
//!
//! QuickJS asks its interrupt handler once in ten thousand steps. When each step is a slow built-in, such as
//! parsing a megabyte of JSON, that would be minutes after the limit. So a thread wakes now and then and, for
//! every call that is past its deadline, sets the countdown to zero: the next step asks. Whether the call's time
//! is really up is still decided by the handler, on the call's own thread.
//!
//! Built-ins that never ask at all run into a trap, see `engine::trap`, when they go on for long after the deadline.
//!
//! The countdown is a private field of the context; where it lies is found by watching it count, once per
//! process. Should that fail, limits are still enforced, only later.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::engine::{Trap, find_countdown};

/// How often deadlines are looked at while calls are running.
const TICK: Duration = Duration::from_millis(20);

/// How long after its deadline a call is taken to be stuck in a built-in that never asks.
const GRACE: Duration = Duration::from_millis(100);

/// Ticks without any call after which the thread goes to sleep.
const IDLE_TICKS_MAX: u32 = 50;

/// A running call as the watchdog sees it.
#[derive(Clone, Copy)]
pub(crate) struct Watched {
    /// Address of the countdown in the running context.
    countdown: usize,
    deadline: Instant,
    trap: Option<Trap>,
}

/// The calls of one executor: the innermost one that is running.
#[derive(Default)]
pub(crate) struct Lane(Mutex<Option<Watched>>);

#[derive(Default)]
struct Watchdog {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    lanes: Vec<Weak<Lane>>,
    started: bool,
    asleep: bool,
}

/// Makes a lane for one executor.
pub(crate) fn lane() -> Arc<Lane> {
    let lane = Arc::new(Lane::default());
    let mut state = lock(&watchdog().state);
    state.lanes.push(Arc::downgrade(&lane));
    if !state.started {
        // Without the thread, limits are enforced later; that is no reason to fail.
        let thread = std::thread::Builder::new().name("js-watchdog".to_owned());
        state.started = thread.spawn(|| watchdog().run()).is_ok();
    }
    lane
}

/// The lane of actions that run on the calling thread.
pub(crate) fn thread_lane() -> Arc<Lane> {
    thread_local! {
        static LANE: Arc<Lane> = lane();
    }
    LANE.with(Arc::clone)
}

impl Lane {
    /// Begins watching a call in the context at `context`; returns what was watched before, to be put back.
    pub(crate) fn begin(&self, context: usize, time: Duration, trap: Option<Trap>) -> Option<Watched> {
        static OFFSET: OnceLock<Option<usize>> = OnceLock::new();
        let offset = (*OFFSET.get_or_init(find_countdown))?;
        let watched = Watched { countdown: context + offset, deadline: Instant::now() + time, trap };
        let before = lock(&self.0).replace(watched);
        if before.is_none() {
            watchdog().rouse();
        }
        before
    }

    /// Ends watching the present call.
    pub(crate) fn end(&self, before: Option<Watched>) {
        *lock(&self.0) = before;
    }

    /// Looks at the call; true when one is running.
    fn check(&self, now: Instant) -> bool {
        let watched = lock(&self.0);
        let Some(Watched { countdown, deadline, trap }) = *watched else {
            return false;
        };
        if now > deadline {
            // SAFETY: the context stays mapped and writable while its call is registered, which the lock held here
            // guarantees. The engine decrements the field without atomics; losing one of the two writes only
            // delays the check to the next tick.
            unsafe { (countdown as *mut i32).write_volatile(0) };
        }
        if let Some(trap) = trap.filter(|_| now > deadline + GRACE) {
            trap.set();
        }
        true
    }
}

impl Watchdog {
    fn run(&self) {
        let mut idle_ticks = 0;
        loop {
            std::thread::sleep(TICK);
            let mut state = lock(&self.state);
            state.lanes.retain(|lane| lane.strong_count() > 0);
            let now = Instant::now();
            let running = state.lanes.iter().filter_map(Weak::upgrade).filter(|lane| lane.check(now)).count();
            idle_ticks = if running > 0 { 0 } else { idle_ticks + 1 };
            if idle_ticks > IDLE_TICKS_MAX {
                self.sleep(state);
                idle_ticks = 0;
            }
        }
    }

    /// Sleeps until a call begins.
    fn sleep(&self, mut state: MutexGuard<'_, State>) {
        state.asleep = true;
        ASLEEP.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        // A call that began before it could see the announcement is seen here.
        if state.lanes.iter().filter_map(Weak::upgrade).any(|lane| lock(&lane.0).is_some()) {
            state.asleep = false;
            ASLEEP.store(false, Ordering::SeqCst);
        }
        while state.asleep {
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes the thread if it sleeps.
    fn rouse(&self) {
        fence(Ordering::SeqCst);
        if ASLEEP.load(Ordering::SeqCst) {
            lock(&self.state).asleep = false;
            ASLEEP.store(false, Ordering::SeqCst);
            self.wake.notify_one();
        }
    }
}

/// Mirrors `State::asleep`, so that a call begins without taking the common lock.
static ASLEEP: AtomicBool = AtomicBool::new(false);

fn watchdog() -> &'static Watchdog {
    static WATCHDOG: OnceLock<Watchdog> = OnceLock::new();
    WATCHDOG.get_or_init(Watchdog::default)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
