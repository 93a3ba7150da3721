//! `/metrics` in the text format of Prometheus.
//!
//! On the deployment port it is for holders of an admin key. A listener of its own, on the loopback interface unless
//! told otherwise, answers without one.

use std::fmt;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use functions::metrics::{CallReading, HistogramReading, Reading, ReadingKind};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::extract::AdminIdentity;
use crate::state::AppState;

/// Before every name.
const PREFIX: &str = "concave";
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// For the deployment port.
pub async fn for_admins(State(state): State<AppState>, _admin: AdminIdentity) -> Response {
    respond(&state)
}

/// The listener of its own.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/metrics", get(|State(state): State<AppState>| async move { respond(&state) }))
        .with_state(state)
}

/// Everything that is measured outside functions.
pub fn readings(state: &AppState) -> Vec<Reading> {
    let mut readings = state.runtime.readings();
    let sockets = state.sockets.load(Ordering::Relaxed);
    readings.push(Reading::gauge("sockets", "Open realtime connections", sockets as f64));
    if let Some(process) = platform::process_usage() {
        readings.push(Reading::gauge("process_resident_bytes", "Memory in use", process.resident_bytes as f64));
        readings.push(Reading::gauge(
            "process_virtual_bytes",
            "Address space, mostly reserved",
            process.virtual_bytes as f64,
        ));
        readings.push(Reading::gauge("process_threads", "Threads", process.threads as f64));
        readings.push(Reading::gauge("process_open_files", "Open files and sockets", process.open_files as f64));
        readings.push(Reading::counter("process_cpu_seconds", "Processor time used", process.cpu_seconds));
    }
    readings
}

fn respond(state: &AppState) -> Response {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], exposition(state)).into_response()
}

fn exposition(state: &AppState) -> String {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Numbers(readings(state))));
    let metrics = state.runtime.metrics();
    registry.register_collector(Box::new(Calls { calls: metrics.calls(), commits: metrics.commit_seconds() }));
    let mut text = String::with_capacity(16 << 10);
    prometheus_text::encode(&mut text, &registry).expect("a String takes everything");
    text
}

#[derive(Debug)]
struct Numbers(Vec<Reading>);

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Reading { name, help, kind, value } in &self.0 {
            match kind {
                ReadingKind::Gauge => {
                    let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
                    ConstGauge::new(*value).encode(metric)?;
                }
                ReadingKind::Counter => {
                    let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
                    ConstCounter::new(*value).encode(metric)?;
                }
            }
        }
        Ok(())
    }
}

/// The series of functions.
#[derive(Debug)]
struct Calls {
    calls: Vec<CallReading>,
    commits: HistogramReading,
}

type Labels<'a> = [(&'static str, &'a str); 3];

fn labels(call: &CallReading) -> Labels<'_> {
    [("kind", call.labels.kind.name()), ("component", &call.labels.component), ("function", &call.labels.function)]
}

impl Collector for Calls {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.encode_outcomes(&mut encoder)?;
        self.encode_counter(
            &mut encoder,
            "function_conflicts",
            "Executions that ran again after a conflict",
            |call| call.conflicts as f64,
        )?;
        self.encode_counter(&mut encoder, "function_user_seconds", "Time in user code", |call| call.user_seconds)?;
        self.encode_counter(&mut encoder, "function_read_bytes", "Bytes of documents read", |call| {
            call.read_bytes as f64
        })?;
        self.encode_counter(&mut encoder, "function_read_documents", "Documents read", |call| {
            call.read_documents as f64
        })?;
        self.encode_counter(&mut encoder, "function_write_bytes", "Bytes of documents written", |call| {
            call.write_bytes as f64
        })?;
        self.encode_counter(&mut encoder, "function_write_documents", "Documents written", |call| {
            call.write_documents as f64
        })?;
        self.encode_durations(&mut encoder)?;
        let help = "Time from the validation of a mutation until it is durable";
        let mut metric = encoder.encode_descriptor("commit_seconds", help, None, MetricType::Histogram)?;
        encode_histogram(&mut metric, &self.commits)
    }
}

impl Calls {
    fn encode_outcomes(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Finished executions by outcome; cached ones ran nothing";
        let mut metric = encoder.encode_descriptor("function_calls", help, None, MetricType::Counter)?;
        for call in &self.calls {
            let [kind, component, function] = labels(call);
            let outcomes = [("success", call.succeeded), ("error", call.failed), ("cached", call.cached)];
            for (outcome, count) in outcomes {
                let labels = [kind, component, function, ("outcome", outcome)];
                ConstCounter::new(count).encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    fn encode_counter(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        value: fn(&CallReading) -> f64,
    ) -> fmt::Result {
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for call in &self.calls {
            ConstCounter::new(value(call)).encode(metric.encode_family(&labels(call))?)?;
        }
        Ok(())
    }

    fn encode_durations(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Duration of executions, waiting for a worker and for the disk excluded";
        let mut metric = encoder.encode_descriptor("function_seconds", help, None, MetricType::Histogram)?;
        for call in &self.calls {
            encode_histogram(&mut metric.encode_family(&labels(call))?, &call.seconds)?;
        }
        Ok(())
    }
}

fn encode_histogram(
    metric: &mut prometheus_client::encoding::MetricEncoder<'_>,
    histogram: &HistogramReading,
) -> fmt::Result {
    let HistogramReading { buckets, sum_seconds, count } = histogram;
    metric.encode_histogram::<prometheus_client::encoding::NoLabelSet>(*sum_seconds, *count, buckets, None)
}

#[cfg(test)]
mod tests;
