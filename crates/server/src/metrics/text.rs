//! The table in the text format of Prometheus.

use std::fmt;

use functions::metrics::{HistogramReading, Metric, MetricKind, SampleValue};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

/// Before every name.
const PREFIX: &str = "concave";

/// The text of `table`; counters get the ending `_total`.
pub fn write(table: Vec<Metric>) -> String {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Table(table)));
    let mut text = String::with_capacity(16 << 10);
    prometheus_text::encode(&mut text, &registry).expect("a String takes everything");
    text
}

#[derive(Debug)]
struct Table(Vec<Metric>);

impl Collector for Table {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for metric in &self.0 {
            let kind = match metric.kind {
                MetricKind::Gauge => MetricType::Gauge,
                MetricKind::Counter => MetricType::Counter,
                MetricKind::Histogram => MetricType::Histogram,
            };
            // The unit is in the name already.
            let mut out = encoder.encode_descriptor(metric.name, metric.help, None, kind)?;
            for sample in &metric.samples {
                let labels: Vec<(&str, &str)> = sample.labels.iter().map(|(name, value)| (*name, &**value)).collect();
                match labels.is_empty() {
                    true => encode(&mut out, metric.kind, &sample.value)?,
                    false => encode(&mut out.encode_family(&labels)?, metric.kind, &sample.value)?,
                }
            }
        }
        Ok(())
    }
}

fn encode(out: &mut MetricEncoder<'_>, kind: MetricKind, value: &SampleValue) -> fmt::Result {
    match (kind, value) {
        (_, SampleValue::Histogram(HistogramReading { buckets, sum_seconds, count })) => {
            out.encode_histogram::<NoLabelSet>(*sum_seconds, *count, buckets, None)
        }
        (MetricKind::Counter, SampleValue::Count(count)) => out.encode_counter::<NoLabelSet, _, u64>(count, None),
        (MetricKind::Counter, SampleValue::Number(number)) => out.encode_counter::<NoLabelSet, _, f64>(number, None),
        (_, SampleValue::Count(count)) => out.encode_gauge(count),
        (_, SampleValue::Number(number)) => out.encode_gauge(number),
    }
}
