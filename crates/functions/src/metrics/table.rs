//! What every exporter of metrics reads: one table with all metrics and all their series.

use std::sync::Arc;

use super::HistogramReading;

/// What the numbers of a metric do over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Goes up and down.
    Gauge,
    /// Only ever grows, until the process ends.
    Counter,
    /// Counts durations in seconds by how long they were; only ever grows too.
    Histogram,
}

/// One metric with all of its series.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// In lower case with underscores, the unit last, without the product's name in front.
    pub name: &'static str,
    pub help: &'static str,
    pub kind: MetricKind,
    /// No two have the same labels.
    pub samples: Vec<Sample>,
}

/// The state of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub labels: Labels,
    pub value: SampleValue,
}

/// Names and values; empty for a metric that has one series only.
pub type Labels = Vec<(&'static str, Arc<str>)>;

/// A histogram for the metrics of that kind, a number for the others.
#[derive(Clone, Debug, PartialEq)]
pub enum SampleValue {
    Count(u64),
    Number(f64),
    Histogram(HistogramReading),
}

impl Metric {
    /// A gauge with one series.
    pub fn gauge(name: &'static str, help: &'static str, value: impl Into<SampleValue>) -> Metric {
        Metric::single(name, help, MetricKind::Gauge, value.into())
    }

    /// A counter with one series.
    pub fn counter(name: &'static str, help: &'static str, value: impl Into<SampleValue>) -> Metric {
        Metric::single(name, help, MetricKind::Counter, value.into())
    }

    /// A histogram with one series.
    pub fn histogram(name: &'static str, help: &'static str, reading: HistogramReading) -> Metric {
        Metric::single(name, help, MetricKind::Histogram, SampleValue::Histogram(reading))
    }

    fn single(name: &'static str, help: &'static str, kind: MetricKind, value: SampleValue) -> Metric {
        Metric { name, help, kind, samples: vec![Sample { labels: Labels::new(), value }] }
    }

    /// The unit that the name ends with, as UCUM writes it; none for counts of things.
    pub fn unit(&self) -> Option<&'static str> {
        match self.name.rsplit('_').next() {
            Some("seconds") => Some("s"),
            Some("bytes") => Some("By"),
            _ => None,
        }
    }
}

impl From<u64> for SampleValue {
    fn from(count: u64) -> SampleValue {
        SampleValue::Count(count)
    }
}

impl From<usize> for SampleValue {
    fn from(count: usize) -> SampleValue {
        SampleValue::Count(count as u64)
    }
}

impl From<f64> for SampleValue {
    fn from(number: f64) -> SampleValue {
        SampleValue::Number(number)
    }
}
