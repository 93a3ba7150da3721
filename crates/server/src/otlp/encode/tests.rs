use super::*;

fn table(calls: u64, seconds: &[f64]) -> Vec<Metric> {
    let bucket = |low: f64, high: f64| seconds.iter().filter(|s| **s > low && **s <= high).count() as u64;
    let reading = HistogramReading {
        buckets: vec![(1.0, bucket(-1.0, 1.0)), (f64::INFINITY, bucket(1.0, f64::INFINITY))],
        sum_seconds: seconds.iter().sum(),
        count: seconds.len() as u64,
    };
    vec![
        Metric {
            name: "function_calls",
            help: "h",
            kind: MetricKind::Counter,
            samples: vec![Sample { labels: vec![("function", "a:b".into())], value: calls.into() }],
        },
        Metric::gauge("log_bytes", "h", 7_usize),
        Metric::histogram("commit_seconds", "h", reading),
    ]
}

fn encoder(temporality: Temporality) -> Encoder {
    Encoder::new(vec![("service.name".into(), "s".into())], temporality, 10)
}

/// Count, buckets and start of the counter and the histogram.
fn growing(request: &ExportMetricsServiceRequest) -> (i64, Vec<u64>, u64) {
    let [calls, _, commits] = &request.resource_metrics[0].scope_metrics[0].metrics[..] else {
        panic!("three metrics")
    };
    let (Some(Data::Sum(calls)), Some(Data::Histogram(commits))) = (&calls.data, &commits.data) else {
        panic!("a sum and a histogram")
    };
    let Some(number_data_point::Value::AsInt(count)) = calls.data_points[0].value else { panic!("a whole number") };
    assert_eq!(calls.data_points[0].start_time_unix_nano, commits.data_points[0].start_time_unix_nano);
    (count, commits.data_points[0].bucket_counts.clone(), calls.data_points[0].start_time_unix_nano)
}

#[test]
fn cumulative_numbers_count_from_the_start() {
    let mut encoder = encoder(Temporality::Cumulative);
    assert_eq!(growing(&encoder.encode(table(3, &[0.5]), 20)), (3, vec![1, 0], 10));
    encoder.sent();
    assert_eq!(growing(&encoder.encode(table(5, &[0.5, 2.0]), 30)), (5, vec![1, 1], 10));
}

#[test]
fn deltas_count_from_the_last_export_that_arrived() {
    let mut encoder = encoder(Temporality::Delta);
    assert_eq!(growing(&encoder.encode(table(3, &[0.5]), 20)), (3, vec![1, 0], 10));
    encoder.sent();
    assert_eq!(growing(&encoder.encode(table(5, &[0.5, 2.0]), 30)), (2, vec![0, 1], 20));
    // That one was lost, so the next one tells the same and more.
    assert_eq!(growing(&encoder.encode(table(6, &[0.5, 2.0, 3.0]), 40)), (3, vec![0, 2], 20));
    encoder.sent();
    assert_eq!(growing(&encoder.encode(table(6, &[0.5, 2.0, 3.0]), 50)), (0, vec![0, 0], 40));
}

#[test]
fn metrics_carry_names_units_and_attributes() {
    let request = encoder(Temporality::Cumulative).encode(table(1, &[]), 20);
    let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
    let told: Vec<(&str, &str)> = metrics.iter().map(|metric| (metric.name.as_str(), metric.unit.as_str())).collect();
    assert_eq!(told, [("concave.function_calls", ""), ("concave.log_bytes", "By"), ("concave.commit_seconds", "s")]);
    let Some(Data::Sum(calls)) = &metrics[0].data else { panic!("a sum") };
    assert_eq!(calls.data_points[0].attributes, [attribute("function", "a:b")]);
    let Some(Data::Gauge(gauge)) = &metrics[1].data else { panic!("a gauge") };
    assert_eq!((gauge.data_points[0].start_time_unix_nano, gauge.data_points[0].time_unix_nano), (0, 20));
    let Some(Data::Histogram(commits)) = &metrics[2].data else { panic!("a histogram") };
    assert_eq!(commits.data_points[0].explicit_bounds, [1.0]);
    assert_eq!(request.resource_metrics[0].resource.as_ref().unwrap().attributes, [attribute("service.name", "s")]);
}
