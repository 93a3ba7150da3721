//! Medians, percentiles and the spread over rounds.

use std::time::Duration;

/// A figure measured in several rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    /// Of at least one round.
    pub fn of(rounds: &[f64]) -> Spread {
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median =
            if sorted.len().is_multiple_of(2) { (sorted[middle - 1] + sorted[middle]) / 2.0 } else { sorted[middle] };
        Spread { median, low: sorted[0], high: sorted[sorted.len() - 1] }
    }

    /// The median with the lowest and highest round behind it.
    pub fn text(&self, decimals: usize) -> String {
        format!("{:.decimals$} ({:.decimals$}..{:.decimals$})", self.median, self.low, self.high)
    }
}

/// Durations to take percentiles of.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    pub fn push(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    pub fn append(&mut self, mut other: Latencies) {
        self.0.append(&mut other.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The latency that `share` of all do not exceed, in milliseconds; zero when nothing was measured.
    pub fn percentile_ms(&mut self, share: f64) -> f64 {
        if self.0.is_empty() {
            return 0.0;
        }
        let index = ((self.0.len() as f64 * share) as usize).min(self.0.len() - 1);
        let (_, latency, _) = self.0.select_nth_unstable(index);
        latency.as_secs_f64() * 1e3
    }
}

#[cfg(test)]
mod tests;
