//! The standard variables that set up the export.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

/// How long the collector has to answer unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);
/// From one export to the next unless told otherwise.
const INTERVAL: Duration = Duration::from_secs(60);

/// Where metrics are pushed to, and how.
#[derive(Clone, Debug)]
pub struct OtlpSettings {
    /// The whole address, path included.
    pub(crate) endpoint: Url,
    pub(crate) headers: HeaderMap,
    /// How long the collector has to answer.
    pub(crate) timeout: Duration,
    /// From one export to the next.
    pub(crate) interval: Duration,
    pub(crate) temporality: Temporality,
    /// Attributes that the environment gives the resource.
    pub(crate) resource: Vec<(String, String)>,
}

/// What a counter or histogram tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temporality {
    /// Everything since the start.
    Cumulative,
    /// What is new since the last export that arrived.
    Delta,
}

/// A variable with a value that we cannot follow.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value:?}: {why}")]
pub struct SettingsError {
    name: String,
    value: String,
    why: String,
}

impl OtlpSettings {
    /// Reads the variables; none when they ask for no export.
    ///
    /// Errors: one of them cannot be followed.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<OtlpSettings>, SettingsError> {
        let variables = Variables(&variable);
        let is = |name: &str, value: &str| variables.get(name).is_some_and(|text| text.eq_ignore_ascii_case(value));
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_METRICS_EXPORTER", "none") {
            return Ok(None);
        }
        let Some(endpoint) = variables.endpoint()? else { return Ok(None) };
        variables.refuse_other("PROTOCOL", "http/protobuf", "this server speaks http/protobuf only")?;
        variables.refuse_other("COMPRESSION", "none", "this server does not compress what it exports")?;
        Ok(Some(OtlpSettings {
            endpoint,
            headers: variables.headers()?,
            timeout: variables.milliseconds(variables.ours("TIMEOUT"))?.unwrap_or(TIMEOUT),
            interval: variables.milliseconds(variables.named("OTEL_METRIC_EXPORT_INTERVAL"))?.unwrap_or(INTERVAL),
            temporality: variables.temporality()?,
            resource: variables.resource(),
        }))
    }
}

/// A variable's name and value.
type Variable = Option<(String, String)>;

struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// An empty variable counts as none.
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn named(&self, name: &str) -> Variable {
        self.get(name).map(|value| (name.to_owned(), value))
    }

    /// The variable for metrics, or the one for every signal.
    fn ours(&self, ending: &str) -> Variable {
        self.named(&format!("OTEL_EXPORTER_OTLP_METRICS_{ending}"))
            .or_else(|| self.named(&format!("OTEL_EXPORTER_OTLP_{ending}")))
    }

    fn endpoint(&self) -> Result<Option<Url>, SettingsError> {
        let Some((name, value)) = self.ours("ENDPOINT") else { return Ok(None) };
        let mut url = Url::parse(&value).map_err(|error| refused(&name, &value, error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused(&name, &value, "an address that begins with http:// or https:// is needed"));
        }
        // The address for every signal is that of a folder.
        if name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
            url.set_path(&format!("{}/v1/metrics", url.path().trim_end_matches('/')));
        }
        Ok(Some(url))
    }

    fn refuse_other(&self, ending: &str, known: &str, why: &str) -> Result<(), SettingsError> {
        match self.ours(ending) {
            Some((name, value)) if !value.eq_ignore_ascii_case(known) => Err(refused(&name, &value, why)),
            _ => Ok(()),
        }
    }

    fn headers(&self) -> Result<HeaderMap, SettingsError> {
        let mut headers = HeaderMap::new();
        let Some((name, text)) = self.ours("HEADERS") else { return Ok(headers) };
        for (key, value) in pairs(&text) {
            let header = HeaderName::try_from(&key).ok().zip(HeaderValue::try_from(&value).ok());
            // The value may be a secret.
            let Some((key, value)) = header else { return Err(refused(&name, &key, "not a header")) };
            headers.insert(key, value);
        }
        Ok(headers)
    }

    fn milliseconds(&self, variable: Variable) -> Result<Option<Duration>, SettingsError> {
        let Some((name, value)) = variable else { return Ok(None) };
        match value.parse() {
            Ok(ms) if ms > 0 => Ok(Some(Duration::from_millis(ms))),
            _ => Err(refused(&name, &value, "a number of milliseconds above zero is needed")),
        }
    }

    fn temporality(&self) -> Result<Temporality, SettingsError> {
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        let Some(value) = self.get(name) else { return Ok(Temporality::Cumulative) };
        match value.to_ascii_lowercase().as_str() {
            "cumulative" => Ok(Temporality::Cumulative),
            "delta" | "lowmemory" => Ok(Temporality::Delta),
            _ => Err(refused(name, &value, "`cumulative`, `delta` or `lowmemory` is needed")),
        }
    }

    fn resource(&self) -> Vec<(String, String)> {
        let mut attributes: Vec<_> = self.get("OTEL_RESOURCE_ATTRIBUTES").iter().flat_map(|text| pairs(text)).collect();
        if let Some(service) = self.get("OTEL_SERVICE_NAME") {
            attributes.retain(|(name, _)| name != "service.name");
            attributes.push(("service.name".into(), service));
        }
        attributes
    }
}

fn refused(name: &str, value: &str, why: impl Into<String>) -> SettingsError {
    SettingsError { name: name.into(), value: value.into(), why: why.into() }
}

/// The pairs of `key=value,key=value`, percent-encoding undone.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_owned(), decoded(value.trim()))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = if *first == b'%' { tail.get(..2) } else { None };
        let byte = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
