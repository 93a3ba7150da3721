//! Metrics pushed to an OpenTelemetry collector, over HTTP in protobuf.
//!
//! Set up by the standard variables: `OTEL_EXPORTER_OTLP_ENDPOINT` turns it on. The SDK counts calls itself, because
//! it has no way to take over a histogram; every other number is read when it is exported.

use std::sync::Arc;
use std::time::Duration;

use functions::logs::Completion;
use functions::metrics::{CallLabels, LATENCY_BOUNDS_SECONDS, Reading, ReadingKind};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use parking_lot::Mutex;

use crate::metrics::readings;
use crate::state::AppState;

/// Either of them turns the export on.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

/// One export reads every number; those of a moment ago are not read again.
const READINGS_AGE_MAX: Duration = Duration::from_millis(500);

/// A running export.
pub struct Otlp(SdkMeterProvider);

#[derive(Debug, thiserror::Error)]
#[error("set up the export of metrics over OTLP; check the variables that begin with OTEL_")]
pub struct OtlpError(#[from] opentelemetry_otlp::ExporterBuildError);

/// Whether the environment asks for an export.
pub fn wanted(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, value: &str| variable(name).is_some_and(|text| text.eq_ignore_ascii_case(value));
    let endpoint = ENDPOINTS.iter().any(|name| variable(name).is_some_and(|text| !text.is_empty()));
    endpoint && !is("OTEL_SDK_DISABLED", "true") && !is("OTEL_METRICS_EXPORTER", "none")
}

impl Otlp {
    /// Starts exporting what `state` measures.
    pub fn start(state: &AppState) -> Result<Otlp, OtlpError> {
        let exporter = MetricExporter::builder().with_http().build()?;
        let provider = SdkMeterProvider::builder()
            .with_resource(resource(state))
            .with_reader(PeriodicReader::builder(exporter).build())
            .build();
        let meter = provider.meter("concave");
        observe_numbers(&meter, state);
        let calls = Calls::new(&meter);
        state.runtime.metrics().observe_calls(Box::new(move |labels, entry| calls.add(labels, entry)));
        Ok(Otlp(provider))
    }

    /// Exports what is left. Blocking.
    pub fn shutdown(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last metrics could not be exported");
        }
    }
}

/// Who exports. What the environment says wins over what we say.
fn resource(state: &AppState) -> Resource {
    let ours = [
        KeyValue::new("service.name", "concave"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", state.instance.name.clone()),
    ];
    let environment = Resource::builder().build();
    let named = std::env::var_os("OTEL_SERVICE_NAME").is_some();
    let set = |pair: &KeyValue| match pair.key.as_str() {
        // The SDK makes up a name when nobody gives one.
        "service.name" => named || environment.get(&pair.key).is_some_and(|name| !name.as_str().starts_with("unknown")),
        _ => environment.get(&pair.key).is_some(),
    };
    let missing: Vec<KeyValue> = ours.iter().filter(|pair| !set(pair)).cloned().collect();
    Resource::builder().with_attributes(missing).build()
}

/// Registers every number that is read when it is exported.
fn observe_numbers(meter: &Meter, state: &AppState) {
    let now = readings(state);
    let cache = Arc::new(Cache { state: state.clone(), latest: Mutex::new((Duration::ZERO, Vec::new())) });
    for (index, Reading { name, help, kind, .. }) in now.into_iter().enumerate() {
        let name = format!("concave.{name}");
        let cache = cache.clone();
        match kind {
            ReadingKind::Gauge => {
                let gauge = meter.f64_observable_gauge(name).with_description(help);
                gauge.with_callback(move |out| out.observe(cache.value(index), &[])).build();
            }
            ReadingKind::Counter => {
                let counter = meter.f64_observable_counter(name).with_description(help);
                counter.with_callback(move |out| out.observe(cache.value(index), &[])).build();
            }
        }
    }
}

/// The numbers of this export.
struct Cache {
    state: AppState,
    latest: Mutex<(Duration, Vec<Reading>)>,
}

impl Cache {
    fn value(&self, index: usize) -> f64 {
        let now = self.state.platform.monotonic();
        let mut latest = self.latest.lock();
        if latest.1.is_empty() || now.saturating_sub(latest.0) > READINGS_AGE_MAX {
            *latest = (now, readings(&self.state));
        }
        latest.1.get(index).map_or(0.0, |reading| reading.value)
    }
}

/// The instruments of calls.
struct Calls {
    count: Counter<u64>,
    conflicts: Counter<u64>,
    seconds: Histogram<f64>,
    read_bytes: Counter<u64>,
    write_bytes: Counter<u64>,
}

impl Calls {
    fn new(meter: &Meter) -> Calls {
        let count = meter.u64_counter("concave.function_calls");
        let conflicts = meter.u64_counter("concave.function_conflicts");
        let seconds = meter.f64_histogram("concave.function_seconds").with_boundaries(LATENCY_BOUNDS_SECONDS.to_vec());
        let read_bytes = meter.u64_counter("concave.function_read_bytes");
        let write_bytes = meter.u64_counter("concave.function_write_bytes");
        Calls {
            count: count.with_description("Finished executions by outcome").build(),
            conflicts: conflicts.with_description("Executions that ran again after a conflict").build(),
            seconds: seconds.with_description("Duration of executions").with_unit("s").build(),
            read_bytes: read_bytes.with_description("Bytes of documents read").with_unit("By").build(),
            write_bytes: write_bytes.with_description("Bytes of documents written").with_unit("By").build(),
        }
    }

    fn add(&self, labels: &CallLabels, entry: &Completion) {
        let function = [
            KeyValue::new("kind", labels.kind.name()),
            KeyValue::new("component", labels.component.clone()),
            KeyValue::new("function", labels.function.clone()),
        ];
        if entry.will_retry {
            return self.conflicts.add(1, &function);
        }
        let outcome = match entry {
            Completion { cached: true, .. } => "cached",
            Completion { error: Some(_), .. } => "error",
            _ => "success",
        };
        let [kind, component, name] = function.clone();
        self.count.add(1, &[kind, component, name, KeyValue::new("outcome", outcome)]);
        if !entry.cached {
            self.seconds.record(entry.execution_time, &function);
            self.read_bytes.add(entry.usage.read_bytes, &function);
            self.write_bytes.add(entry.usage.write_bytes, &function);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn the_standard_variables_turn_the_export_on_and_off() {
        let check = |set: &[(&str, &str)]| {
            wanted(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        assert!(!check(&[]) && !check(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]));
        assert!(check(&[endpoint]) && check(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://x/v1/metrics")]));
        assert!(!check(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]));
        assert!(!check(&[endpoint, ("OTEL_METRICS_EXPORTER", "none")]));
    }
}
