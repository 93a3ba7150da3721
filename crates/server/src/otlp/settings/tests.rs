use super::*;

fn read(set: &[(&str, &str)]) -> Result<Option<OtlpSettings>, SettingsError> {
    OtlpSettings::read(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");

#[test]
fn the_standard_variables_turn_the_export_on_and_off() {
    assert!(read(&[]).unwrap().is_none());
    assert!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]).unwrap().is_none());
    assert!(read(&[ENDPOINT]).unwrap().is_some());
    assert!(read(&[ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")]).unwrap().is_none());
    assert!(read(&[ENDPOINT, ("OTEL_METRICS_EXPORTER", "none")]).unwrap().is_none());
}

#[test]
fn the_address_for_metrics_is_taken_as_it_is() {
    let address = |set: &[(&str, &str)]| read(set).unwrap().unwrap().endpoint.to_string();
    assert_eq!(address(&[ENDPOINT]), "http://127.0.0.1:4318/v1/metrics");
    assert_eq!(address(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://o.example/p/")]), "https://o.example/p/v1/metrics");
    let own = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m.example/push");
    assert_eq!(address(&[ENDPOINT, own]), "http://m.example/push");
}

#[test]
fn what_is_set_for_metrics_wins_over_what_is_set_for_everything() {
    let settings = read(&[
        ENDPOINT,
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "authorization=Bearer%20x, b = 2"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,team=a%2Cb"),
        ("OTEL_SERVICE_NAME", "mine"),
    ]);
    let settings = settings.unwrap().unwrap();
    assert_eq!(
        (settings.headers.len(), &settings.headers["authorization"]),
        (2, &HeaderValue::from_static("Bearer x"))
    );
    assert_eq!((settings.timeout, settings.interval), (Duration::from_millis(2500), Duration::from_millis(100)));
    assert_eq!(settings.temporality, Temporality::Delta);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(settings.resource, [pair("team", "a,b"), pair("service.name", "mine")]);
}

#[test]
fn what_cannot_be_followed_is_refused_by_name() {
    let why = |set: (&str, &str)| read(&[ENDPOINT, set]).unwrap_err().to_string();
    let protocol = why(("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"));
    assert_eq!(protocol, "OTEL_EXPORTER_OTLP_PROTOCOL is \"grpc\": this server speaks http/protobuf only");
    assert!(why(("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")).contains("does not compress"));
    assert!(why(("OTEL_EXPORTER_OTLP_TIMEOUT", "0")).contains("milliseconds"));
    assert!(why(("OTEL_METRIC_EXPORT_INTERVAL", "1s")).contains("milliseconds"));
    assert!(why(("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "collector:4318")).contains("http://"));
    let header = why(("OTEL_EXPORTER_OTLP_HEADERS", "a b=secret"));
    assert!(header.contains("a b") && !header.contains("secret"), "{header}");
}
