use super::*;

#[test]
fn spread_is_the_middle_round_between_the_extremes() {
    assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, low: 1.0, high: 3.0 });
    assert_eq!(Spread::of(&[4.0, 1.0]).median, 2.5);
}

#[test]
fn percentiles_count_from_the_fastest() {
    let mut latencies = Latencies::default();
    (1..=100).for_each(|ms| latencies.push(Duration::from_millis(ms)));
    assert_eq!(latencies.percentile_ms(0.50), 51.0);
    assert_eq!(latencies.percentile_ms(0.99), 100.0);
    assert_eq!(Latencies::default().percentile_ms(0.5), 0.0);
}
