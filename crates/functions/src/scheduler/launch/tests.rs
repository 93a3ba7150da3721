use super::*;

#[test]
fn each_failure_in_a_row_doubles_the_wait_up_to_a_bound() {
    let waits = |failures: &[u32], most| -> Vec<f64> {
        failures.iter().map(|failures| retry_wait(*failures, most).as_secs_f64()).collect()
    };
    assert_eq!(waits(&[1, 2, 3, 5, 6, 1000], CRON_RETRY_WAIT_MAX), [0.5, 1.0, 2.0, 8.0, 15.0, 15.0]);
    assert_eq!(waits(&[1, 14, 15, u32::MAX], JOB_RETRY_WAIT_MAX), [0.5, 4096.0, 7200.0, 7200.0]);
}
