use serde_json::json;

use super::*;

// Analysis: crons of all six kinds.
#[test]
fn each_kind_of_schedule_converts_to_the_stored_form() {
    let check = |developer: Json, stored: Json| {
        let schedule = CronSchedule::from_developer_json(&developer).expect("valid");
        assert_eq!(schedule.to_json(), stored);
        assert_eq!(CronSchedule::from_json(&stored), Some(schedule.clone()));
        let as_document = value::Value::from_json(&stored).unwrap().to_json();
        assert_eq!(CronSchedule::from_json(&serde_json::from_str(&as_document).unwrap()), Some(schedule));
    };
    check(json!({"type":"interval","minutes":5}), json!({"type":"interval","seconds":300}));
    check(json!({"type":"interval","hours":2.0}), json!({"type":"interval","seconds":7200}));
    check(json!({"type":"hourly","minuteUTC":3}), json!({"type":"hourly","minuteUTC":3}));
    check(json!({"type":"hourly"}), json!({"type":"hourly","minuteUTC":null}));
    check(json!({"type":"daily","hourUTC":1,"minuteUTC":2}), json!({"type":"daily","hourUTC":1,"minuteUTC":2}));
    check(
        json!({"type":"weekly","dayOfWeek":"monday","hourUTC":1,"minuteUTC":0}),
        json!({"type":"weekly","dayOfWeek":1,"hourUTC":1,"minuteUTC":0}),
    );
    check(
        json!({"type":"monthly","day":1,"hourUTC":2,"minuteUTC":3}),
        json!({"type":"monthly","day":1,"hourUTC":2,"minuteUTC":3}),
    );
    check(json!({"type":"cron","cron":"0 * * * *"}), json!({"type":"cron","cronExpr":"0 * * * *"}));
}

#[test]
fn schedules_that_make_no_sense_are_refused() {
    let refused = |developer: Json| CronSchedule::from_developer_json(&developer).is_err();
    assert!(refused(json!({"type":"interval","seconds":0})));
    assert!(refused(json!({"type":"interval","seconds":1,"minutes":1})));
    assert!(refused(json!({"type":"weekly","dayOfWeek":"someday","hourUTC":1})));
    assert!(refused(json!({"type":"daily","hourUTC":24})));
    assert!(refused(json!({"type":"fortnightly"})));
}

#[test]
fn cron_expressions_are_checked() {
    for fine in ["* * * * *", "*/5 1-3 1,15 jan-mar MON", "0 0 29 2 *", "0 0 31 2 1", "5/10 * * * 7"] {
        assert_eq!(check_expression(fine), Ok(()), "{fine}");
    }
    for bad in ["* * * *", "60 * * * *", "* 3-1 * * *", "*/0 * * * *", "0 0 30 2 *", "x * * * *"] {
        assert!(check_expression(bad).is_err(), "{bad}");
    }
}
