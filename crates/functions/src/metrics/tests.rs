use super::*;
use crate::deployment::ModuleEnvironment;
use crate::logs::UsageStats;
use crate::{Caller, RequestId};

fn entry(identifier: &str) -> Completion {
    Completion {
        kind: FunctionKind::Mutation,
        component_path: None,
        identifier: identifier.into(),
        log_lines: Vec::new(),
        timestamp: 0.0,
        execution_timestamp: 0.0,
        cached: false,
        caller: Caller::HttpApi,
        execution_time: 0.003,
        user_time: 0.002,
        error: None,
        request_id: RequestId("r".into()),
        execution_id: String::new(),
        usage: UsageStats { read_bytes: 10, read_documents: 1, ..UsageStats::default() },
        return_bytes: None,
        occ: None,
        will_retry: false,
        identity_type: "unknown",
        http_status: None,
        environment: ModuleEnvironment::Isolate,
        audit: Vec::new(),
    }
}

fn reading(metrics: &Metrics, function: &str) -> CallReading {
    metrics.calls().into_iter().find(|reading| &*reading.labels.function == function).unwrap()
}

#[test]
fn each_outcome_is_counted_once() {
    let metrics = Metrics::default();
    metrics.record(&entry("a:b"));
    metrics.record(&Completion { error: Some("failed".into()), ..entry("a:b") });
    metrics.record(&Completion { error: Some("conflict".into()), will_retry: true, ..entry("a:b") });
    metrics.record(&Completion { cached: true, ..entry("a:b") });
    let read = reading(&metrics, "a:b");
    assert_eq!((read.succeeded, read.failed, read.conflicts, read.cached), (1, 1, 1, 1));
    assert_eq!(
        (read.read_bytes, read.read_documents, read.write_bytes),
        (30, 3, 0),
        "nothing is read for a cached one"
    );
    assert_eq!(read.seconds.count, 3);
    assert_eq!(read.seconds.buckets.iter().find(|(_, count)| *count > 0), Some(&(0.005, 3)));
    assert!((read.seconds.sum_seconds - 0.009).abs() < 1e-6 && (read.user_seconds - 0.006).abs() < 1e-6);
}

#[test]
fn names_that_reach_no_code_share_a_series() {
    let metrics = Metrics::default();
    let error = || Some("Could not find public function for 'made:up'.".into());
    let missing = |n: usize| Completion { error: error(), user_time: 0.0, ..entry(&format!("made:up{n}")) };
    (0..50).for_each(|n| metrics.record(&missing(n)));
    assert_eq!(metrics.calls().len(), 1);
    assert_eq!(reading(&metrics, "_unresolved").failed, 50);
    // A function that is known keeps its failures, whatever stage they came from.
    metrics.record(&entry("a:b"));
    metrics.record(&Completion { error: Some("bad arguments".into()), user_time: 0.0, ..entry("a:b") });
    assert_eq!(reading(&metrics, "a:b").failed, 1);
}

#[test]
fn the_number_of_series_is_bounded() {
    let metrics = Metrics::default();
    (0..FUNCTION_SERIES_MAX + 20).for_each(|n| metrics.record(&entry(&format!("m:f{n}"))));
    assert_eq!(metrics.calls().len(), FUNCTION_SERIES_MAX + 1);
    assert_eq!(reading(&metrics, "_other").succeeded, 20);
}

#[test]
fn durations_fall_into_the_bucket_that_holds_them() {
    let histogram = Histogram::default();
    for seconds in [0.0005, 0.00051, 59.0, 61.0] {
        histogram.observe(seconds);
    }
    let filled: Vec<f64> =
        histogram.read().buckets.into_iter().filter(|(_, n)| *n > 0).map(|(bound, _)| bound).collect();
    assert_eq!(filled, [0.0005, 0.001, 60.0, f64::INFINITY]);
}

#[test]
fn the_table_has_a_series_for_each_function_and_units_by_name() {
    let metrics = Metrics::default();
    metrics.record(&entry("a:b"));
    metrics.record(&Completion { cached: true, ..entry("a:c") });
    let mut table = Vec::new();
    metrics.measure(&mut table);
    let metric = |name: &str| table.iter().find(|metric| metric.name == name).unwrap();
    let value = |name: &str, labels: &[(&str, &str)]| {
        let is = |sample: &&Sample| labels.iter().all(|(k, v)| sample.labels.iter().any(|(a, b)| a == k && **b == **v));
        let mut found = metric(name).samples.iter().filter(is);
        let value = found.next().map(|sample| sample.value.clone());
        assert!(found.next().is_none(), "one series only");
        value
    };
    let count = |n: u64| Some(SampleValue::Count(n));
    assert_eq!(value("function_calls", &[("function", "a:b"), ("outcome", "success")]), count(1));
    assert_eq!(value("function_calls", &[("function", "a:c"), ("outcome", "cached")]), count(1));
    assert_eq!(
        value("function_read_bytes", &[("kind", "Mutation"), ("component", ""), ("function", "a:b")]),
        count(10)
    );
    assert_eq!(metric("function_calls").samples.len(), 6);
    let units = ["function_calls", "function_read_bytes", "function_seconds"].map(|name| metric(name).unit());
    assert_eq!(units, [None, Some("By"), Some("s")]);
}
