//! Metrics pushed to an OpenTelemetry collector, as protobuf over HTTP.
//!
//! A thread of its own reads the table of `metrics` from time to time and sends all of it, so that calls pay nothing
//! for the export. Nothing is sent twice: what an export that failed would have told, the next one tells.

mod encode;
mod settings;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;

use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse};
use prost::Message;
use reqwest::blocking::Client;
use reqwest::header::CONTENT_TYPE;

use crate::metrics::table;
use crate::state::AppState;

pub use settings::{OtlpSettings, SettingsError};

use encode::Encoder;

/// A running export.
pub struct Otlp {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

#[derive(Debug, thiserror::Error)]
#[error("start the thread that exports metrics")]
pub struct OtlpError(#[from] std::io::Error);

impl Otlp {
    /// Starts exporting what `state` measures, to where `settings` say.
    pub fn start(state: &AppState, settings: OtlpSettings) -> Result<Otlp, OtlpError> {
        let (stop, stopped) = channel();
        let encoder = Encoder::new(resource(state, &settings), settings.temporality, state.platform.now_ns());
        let state = state.clone();
        let run = move || match Exporter::new(state, settings, encoder) {
            Ok(mut exporter) => exporter.run(&stopped),
            Err(error) => tracing::error!(error = chain(&error), "metrics cannot be exported"),
        };
        Ok(Otlp { stop, thread: std::thread::Builder::new().name("otlp".into()).spawn(run)? })
    }

    /// Exports once more, and ends. Blocking.
    pub fn shutdown(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the export of metrics ended badly");
        }
    }
}

/// Who exports. What the environment says wins over what we say.
fn resource(state: &AppState, settings: &OtlpSettings) -> Vec<(String, String)> {
    let ours = [
        ("service.name", "concave"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", state.instance.name.as_str()),
    ];
    let mut attributes = settings.resource.clone();
    for (name, value) in ours {
        if !attributes.iter().any(|(set, _)| set == name) {
            attributes.push((name.into(), value.into()));
        }
    }
    attributes
}

/// What the thread has.
struct Exporter {
    state: AppState,
    settings: OtlpSettings,
    encoder: Encoder,
    client: Client,
    /// The last export failed, which was said.
    failing: bool,
}

/// Why an export did not arrive.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("reach the collector")]
    Network(#[from] reqwest::Error),
    #[error("the collector answered with status {status}: {text}")]
    Status { status: u16, text: String },
}

impl Exporter {
    fn new(state: AppState, settings: OtlpSettings, encoder: Encoder) -> Result<Exporter, reqwest::Error> {
        let client = Client::builder().timeout(settings.timeout).build()?;
        Ok(Exporter { state, settings, encoder, client, failing: false })
    }

    fn run(&mut self, stopped: &Receiver<()>) {
        loop {
            let last = match stopped.recv_timeout(self.settings.interval) {
                Err(RecvTimeoutError::Timeout) => false,
                Ok(()) | Err(RecvTimeoutError::Disconnected) => true,
            };
            self.export();
            if last {
                return;
            }
        }
    }

    /// Exports everything. A collector that is away is told of once, and once when it is back.
    fn export(&mut self) {
        let request = self.encoder.encode(table(&self.state), self.state.platform.now_ns());
        let sent = self.send(request.encode_to_vec());
        let endpoint = self.settings.endpoint.as_str();
        match &sent {
            Ok(refused) => {
                self.encoder.sent();
                if let Some(ExportMetricsPartialSuccess { rejected_data_points, error_message }) = refused {
                    tracing::warn!(rejected_data_points, error_message, "the collector refused some of the metrics");
                }
                if self.failing {
                    tracing::info!(endpoint, "metrics are exported again");
                }
            }
            Err(error) if !self.failing => {
                tracing::warn!(endpoint, error = chain(error), "metrics could not be exported; trying again later");
            }
            Err(_) => {}
        }
        self.failing = sent.is_err();
    }

    /// Sends a request; returns what the collector did not take.
    fn send(&self, body: Vec<u8>) -> Result<Option<ExportMetricsPartialSuccess>, ExportError> {
        let request = self.client.post(self.settings.endpoint.clone()).headers(self.settings.headers.clone());
        let response = request.header(CONTENT_TYPE, "application/x-protobuf").body(body).send()?;
        let status = response.status();
        if !status.is_success() {
            let text = response.text().unwrap_or_default().chars().take(200).collect();
            return Err(ExportError::Status { status: status.as_u16(), text });
        }
        // Some collectors answer with nothing, or in JSON: all is well then.
        let answer = ExportMetricsServiceResponse::decode(response.bytes()?).unwrap_or_default();
        Ok(answer.partial_success.filter(|part| part.rejected_data_points > 0 || !part.error_message.is_empty()))
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
