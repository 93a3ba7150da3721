//! The rows of the table that have a series for each function.

use std::sync::Arc;

use super::table::{Labels, Metric, MetricKind, Sample, SampleValue};
use super::{CallReading, Metrics};

/// A number of each function.
type Of = fn(&CallReading) -> SampleValue;

/// Name, help, and what is counted.
const COUNTERS: [(&str, &str, Of); 6] = [
    ("function_conflicts", "Executions that ran again after a conflict", |call| call.conflicts.into()),
    ("function_user_seconds", "Time in user code", |call| call.user_seconds.into()),
    ("function_read_bytes", "Bytes of documents read", |call| call.read_bytes.into()),
    ("function_read_documents", "Documents read", |call| call.read_documents.into()),
    ("function_write_bytes", "Bytes of documents written", |call| call.write_bytes.into()),
    ("function_write_documents", "Documents written", |call| call.write_documents.into()),
];

impl Metrics {
    /// Appends what is measured of functions and commits; always the same metrics in the same order.
    pub(super) fn measure(&self, out: &mut Vec<Metric>) {
        let calls = self.calls();
        out.push(outcomes(&calls));
        for (name, help, value) in COUNTERS {
            out.push(Metric { name, help, kind: MetricKind::Counter, samples: samples(&calls, value) });
        }
        out.push(Metric {
            name: "function_seconds",
            help: "Duration of executions, waiting for a worker and for the disk excluded",
            kind: MetricKind::Histogram,
            samples: samples(&calls, |call| SampleValue::Histogram(call.seconds.clone())),
        });
        let help = "Time from the validation of a mutation until it is durable";
        out.push(Metric::histogram("commit_seconds", help, self.commit_seconds()));
    }
}

fn outcomes(calls: &[CallReading]) -> Metric {
    let names = ["success", "error", "cached"].map(Arc::<str>::from);
    let samples = calls.iter().flat_map(|call| {
        let counts = [call.succeeded, call.failed, call.cached];
        names.iter().zip(counts).map(move |(name, count)| {
            let mut labels = labels(call);
            labels.push(("outcome", name.clone()));
            Sample { labels, value: count.into() }
        })
    });
    Metric {
        name: "function_calls",
        help: "Finished executions by outcome; cached ones ran nothing",
        kind: MetricKind::Counter,
        samples: samples.collect(),
    }
}

fn samples(calls: &[CallReading], value: Of) -> Vec<Sample> {
    calls.iter().map(|call| Sample { labels: labels(call), value: value(call) }).collect()
}

fn labels(call: &CallReading) -> Labels {
    let (component, function) = (call.labels.component.clone(), call.labels.function.clone());
    vec![("kind", call.labels.kind.name().into()), ("component", component), ("function", function)]
}
