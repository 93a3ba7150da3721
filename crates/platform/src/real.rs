//! The machine's own clock and randomness.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The moment the process began to count from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        Clock { start: Instant::now() }
    }

    pub(crate) fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock set before 1970 reads as 0.
pub(crate) fn now_ns() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since_epoch.unwrap_or_default().as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

/// Without randomness no id or secret is safe, so a system that cannot give any ends the process.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}
