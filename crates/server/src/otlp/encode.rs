//! The table of metrics as an OTLP request.

use std::collections::HashMap;

use functions::metrics::{HistogramReading, Labels, Metric, MetricKind, Sample, SampleValue};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::settings::Temporality;

/// Before every name.
const PREFIX: &str = "concave";

/// Makes requests, and remembers what has arrived.
pub struct Encoder {
    resource: Resource,
    temporality: Temporality,
    /// Since when counters count, in nanoseconds since the Unix epoch; with deltas the last export that arrived.
    since_ns: u64,
    /// With deltas: what that export told, by metric and labels.
    told: HashMap<Series, SampleValue>,
    /// The same for the request that is on its way.
    asked: Option<(u64, HashMap<Series, SampleValue>)>,
}

type Series = (&'static str, Labels);

impl Encoder {
    /// `now_ns` is when everything began, in nanoseconds since the Unix epoch.
    pub fn new(resource: Vec<(String, String)>, temporality: Temporality, now_ns: u64) -> Encoder {
        let attributes = resource.iter().map(|(name, value)| attribute(name, value)).collect();
        let resource = Resource { attributes, ..Resource::default() };
        Encoder { resource, temporality, since_ns: now_ns, told: HashMap::new(), asked: None }
    }

    /// The request that tells of `table`, which was read at `now_ns`.
    pub fn encode(&mut self, table: Vec<Metric>, now_ns: u64) -> ExportMetricsServiceRequest {
        let metrics = table.iter().map(|metric| self.metric(metric, now_ns)).collect();
        if self.temporality == Temporality::Delta {
            self.asked = Some((now_ns, values(table)));
        }
        let scope = InstrumentationScope {
            name: PREFIX.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            ..InstrumentationScope::default()
        };
        let scope_metrics = ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() };
        let resource_metrics = ResourceMetrics {
            resource: Some(self.resource.clone()),
            scope_metrics: vec![scope_metrics],
            ..ResourceMetrics::default()
        };
        ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }
    }

    /// The last request has arrived.
    pub fn sent(&mut self) {
        if let Some((now_ns, values)) = self.asked.take() {
            self.since_ns = now_ns;
            self.told = values;
        }
    }

    fn metric(&self, metric: &Metric, now_ns: u64) -> opentelemetry_proto::tonic::metrics::v1::Metric {
        let temporality = match self.temporality {
            Temporality::Cumulative => AggregationTemporality::Cumulative,
            Temporality::Delta => AggregationTemporality::Delta,
        };
        let aggregation_temporality = temporality.into();
        let samples = || metric.samples.iter();
        let data = match metric.kind {
            MetricKind::Gauge => {
                // A gauge tells of now only.
                Data::Gauge(Gauge {
                    data_points: samples().map(|sample| number(sample, &sample.value, 0, now_ns)).collect(),
                })
            }
            MetricKind::Counter => {
                let points = samples().map(|sample| number(sample, &self.news(metric, sample), self.since_ns, now_ns));
                Data::Sum(Sum { data_points: points.collect(), aggregation_temporality, is_monotonic: true })
            }
            MetricKind::Histogram => {
                let points =
                    samples().map(|sample| histogram(sample, &self.news(metric, sample), self.since_ns, now_ns));
                Data::Histogram(Histogram { data_points: points.collect(), aggregation_temporality })
            }
        };
        opentelemetry_proto::tonic::metrics::v1::Metric {
            name: format!("{PREFIX}.{}", metric.name),
            description: metric.help.into(),
            unit: metric.unit().unwrap_or_default().into(),
            metadata: Vec::new(),
            data: Some(data),
        }
    }

    /// What `sample` counted since the last export that arrived; all of it without deltas.
    fn news(&self, metric: &Metric, sample: &Sample) -> SampleValue {
        match self.told.get(&(metric.name, sample.labels.clone())) {
            Some(told) => difference(&sample.value, told),
            None => sample.value.clone(),
        }
    }
}

/// What only ever grows, by series.
fn values(table: Vec<Metric>) -> HashMap<Series, SampleValue> {
    let growing = table.into_iter().filter(|metric| metric.kind != MetricKind::Gauge);
    growing
        .flat_map(|metric| metric.samples.into_iter().map(move |sample| ((metric.name, sample.labels), sample.value)))
        .collect()
}

fn difference(now: &SampleValue, then: &SampleValue) -> SampleValue {
    match (now, then) {
        (SampleValue::Count(now), SampleValue::Count(then)) => SampleValue::Count(now.saturating_sub(*then)),
        (SampleValue::Number(now), SampleValue::Number(then)) => SampleValue::Number((now - then).max(0.0)),
        (SampleValue::Histogram(now), SampleValue::Histogram(then)) => {
            let buckets = now.buckets.iter().zip(&then.buckets);
            SampleValue::Histogram(HistogramReading {
                buckets: buckets.map(|((bound, now), (_, then))| (*bound, now.saturating_sub(*then))).collect(),
                sum_seconds: (now.sum_seconds - then.sum_seconds).max(0.0),
                count: now.count.saturating_sub(then.count),
            })
        }
        // A series keeps its kind.
        _ => now.clone(),
    }
}

fn number(sample: &Sample, value: &SampleValue, since_ns: u64, now_ns: u64) -> NumberDataPoint {
    let value = match value {
        SampleValue::Count(count) => number_data_point::Value::AsInt(i64::try_from(*count).unwrap_or(i64::MAX)),
        SampleValue::Number(number) => number_data_point::Value::AsDouble(*number),
        SampleValue::Histogram(reading) => number_data_point::Value::AsDouble(reading.sum_seconds),
    };
    NumberDataPoint {
        attributes: attributes(&sample.labels),
        start_time_unix_nano: since_ns,
        time_unix_nano: now_ns,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

fn histogram(sample: &Sample, value: &SampleValue, since_ns: u64, now_ns: u64) -> HistogramDataPoint {
    let mut point = HistogramDataPoint {
        attributes: attributes(&sample.labels),
        start_time_unix_nano: since_ns,
        time_unix_nano: now_ns,
        ..HistogramDataPoint::default()
    };
    if let SampleValue::Histogram(reading) = value {
        point.count = reading.count;
        point.sum = Some(reading.sum_seconds);
        point.bucket_counts = reading.buckets.iter().map(|(_, count)| *count).collect();
        // The last bucket has no bound of its own.
        point.explicit_bounds = reading.buckets.iter().map(|(bound, _)| *bound).filter(|b| b.is_finite()).collect();
    }
    point
}

fn attributes(labels: &Labels) -> Vec<KeyValue> {
    labels.iter().map(|(name, value)| attribute(name, value)).collect()
}

fn attribute(name: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.into())) };
    KeyValue { key: name.into(), value: Some(value), ..KeyValue::default() }
}

#[cfg(test)]
mod tests;
