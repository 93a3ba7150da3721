//! Clock, timers and randomness behind one handle, real or simulated.
//!
//! Everything that needs the time, a timer or random bytes takes a [`Platform`], so that a test decides what time
//! it is and a simulation repeats from its seed.

mod memory;
mod process;
mod real;
mod simulated;

use std::{sync::Arc, time::Duration};

pub use process::{ProcessUsage, usage as process_usage};
pub use simulated::SimulatedClock;

/// A cheap handle to the world outside: cloning it shares the same world.
#[derive(Clone, Debug)]
pub struct Platform(World);

#[derive(Clone, Debug)]
enum World {
    Real(real::Clock),
    Simulated(Arc<simulated::World>),
}

impl Platform {
    /// Returns the machine's own clock and random numbers.
    pub fn real() -> Platform {
        Platform(World::Real(real::Clock::new()))
    }

    /// Returns a world whose time moves only by the returned clock and whose randomness follows from `seed`.
    pub fn simulated(seed: u64) -> (Platform, SimulatedClock) {
        let world = Arc::new(simulated::World::new(seed));
        let clock = SimulatedClock::new(world.clone());
        (Platform(World::Simulated(world)), clock)
    }

    /// Gives memory that was freed back to the system. Takes milliseconds; for quiet moments.
    pub fn release_memory(&self) {
        match &self.0 {
            World::Real(_) => memory::release(),
            World::Simulated(_) => {}
        }
    }

    /// Returns wall-clock nanoseconds since the Unix epoch. It may step backwards when the machine's clock is set.
    pub fn now_ns(&self) -> u64 {
        match &self.0 {
            World::Real(_) => real::now_ns(),
            World::Simulated(world) => world.now_ns(),
        }
    }

    /// Returns wall-clock milliseconds since the Unix epoch, with their fraction.
    pub fn now_ms(&self) -> f64 {
        // Divided in two steps: a nanosecond count of today has more digits than a float holds.
        let ns = self.now_ns();
        (ns / 1_000_000) as f64 + (ns % 1_000_000) as f64 / 1e6
    }

    /// Returns the time since some fixed moment; it never goes backwards.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            World::Real(clock) => clock.monotonic(),
            World::Simulated(world) => world.monotonic(),
        }
    }

    /// Fills `bytes` with random bytes, fit for secrets in the real world.
    pub fn fill_random(&self, bytes: &mut [u8]) {
        match &self.0 {
            World::Real(_) => real::fill_random(bytes),
            World::Simulated(world) => world.fill_random(bytes),
        }
    }

    /// Waits until `duration` has passed on this platform's clock.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            World::Real(_) => tokio::time::sleep(duration).await,
            World::Simulated(world) => world.sleep(duration).await,
        }
    }
}

#[cfg(test)]
mod tests;
