//! The documented limits of a call, with their texts.

use platform::Platform;
use serde_json::json;

use super::*;

const HELP: &str = crate::warnings::READ_HELP;

// - [ ] `getTransactionMetrics` shape
#[test]
fn metrics_start_at_the_documented_limits() {
    let app = App::start();
    let metrics = value_of(&app.mutate("app:spend", json!({ "what": "nothing", "n": 0, "ids": [] })).outcome);
    let remaining = json!({
        "bytesRead": 16_777_216.0,
        "bytesWritten": 16_777_216.0,
        "databaseQueries": 4096.0,
        "documentsRead": 32_000.0,
        "documentsWritten": 16_000.0,
        "functionsScheduled": 1000.0,
        "scheduledFunctionArgsBytes": 16_777_216.0,
        "filesWritten": 1000.0,
        "fileWriteBytes": 16_777_216.0,
        "filesRead": 1000.0,
        "fileReadBytes": 16_777_216.0,
    });
    let expected: serde_json::Map<String, Json> = remaining
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, left)| (name.clone(), json!({ "used": 0.0, "remaining": left })))
        .collect();
    assert_eq!(metrics, Json::Object(expected));
}

// - [ ] read/write/doc/range/args/result limits with exact texts; warnings at 80%
// - [ ] transactionLimits stop the child; parent continues
#[test]
fn each_limit_stops_a_child_with_its_text_and_its_parent_goes_on() {
    let app = App::start();
    let ids: Vec<String> = (0..6).map(|n| app.add("rows", json!(n))).collect();
    let file = value_of(&app.mutate("app:storeFile", json!({ "blob": "AAAA", "contentType": "" })).outcome);
    let table = [
        (
            "bytesRead",
            100,
            "get",
            format!("Too many bytes read in a single function execution (limit: 100 bytes). {HELP}"),
        ),
        (
            "documentsRead",
            3,
            "get",
            format!("Too many documents read in a single function execution (limit: 3). {HELP}"),
        ),
        (
            "documentsRead",
            3,
            "scan",
            format!("Too many documents read in a single function execution (limit: 3). {HELP}"),
        ),
        ("databaseQueries", 3, "get", format!("Too many reads in a single function execution (limit: 3). {HELP}")),
        ("documentsWritten", 3, "insert", "Too many writes in a single function execution (limit: 3)".into()),
        (
            "bytesWritten",
            500,
            "insert",
            "Too many bytes written in a single function execution (limit: 500 bytes)".into(),
        ),
        ("functionsScheduled", 3, "schedule", "Too many functions scheduled by this mutation (limit: 3)".into()),
        (
            "scheduledFunctionArgsBytes",
            500,
            "schedule",
            "Too large total size of the arguments of scheduled functions from this mutation (limit: 500 bytes)".into(),
        ),
        ("filesWritten", 3, "store", "Too many files written in one mutation (limit: 3)".into()),
        ("fileWriteBytes", 10, "store", "Too many bytes of files written in one mutation (limit: 10 bytes).".into()),
        ("filesRead", 3, "load", "Too many files read in one mutation (limit: 3)".into()),
        ("fileReadBytes", 10, "load", "Too many bytes of files read in one mutation (limit: 10 bytes).".into()),
    ];
    for (name, limit, what, text) in table {
        let ids = if what == "load" { json!([file]) } else { json!(ids) };
        let args = json!({ "limits": { name: limit }, "what": what, "n": 5, "ids": ids });
        let answer = value_of(&app.mutate("app:spendWithin", args).outcome);
        let message = answer["within"]["message"].as_str().unwrap_or_else(|| panic!("{name}: {answer}"));
        assert!(message.contains(&text), "{name}: {message}");
        let after = &answer["after"][name];
        assert!(after["used"].as_f64().unwrap() > 0.0, "{name} counts for the parent: {answer}");
        assert!(after["remaining"].as_f64().unwrap() > f64::from(limit), "{name} narrowed the child only: {answer}");
        assert!(answer["again"]["metrics"].is_object(), "{name}: the parent goes on: {answer}");
    }
}

#[test]
fn limits_of_a_child_come_on_top_of_what_was_used() {
    let app = App::start();
    let ids: Vec<String> = (0..6).map(|n| app.add("rows", json!(n))).collect();
    let within = |limit| {
        let args = json!({ "limits": { "documentsRead": limit }, "what": "get", "n": 6, "ids": ids });
        value_of(&app.mutate("app:spendWithin", args).outcome)
    };
    let answer = within(6);
    assert_eq!(answer["within"]["metrics"]["documentsRead"], json!({ "used": 6.0, "remaining": 0.0 }));
    assert_eq!(answer["again"]["metrics"]["documentsRead"], json!({ "used": 12.0, "remaining": 31988.0 }));
    // A child cannot raise what its parent has.
    assert_eq!(within(1_000_000)["within"]["metrics"]["documentsRead"], json!({ "used": 6.0, "remaining": 31994.0 }));
}

#[test]
fn queries_of_the_snapshot_count_though_nothing_depends_on_them() {
    let app = App::start();
    (0..4).for_each(|n| drop(app.add("rows", json!(n))));
    let metrics = value_of(&app.mutate("app:snapshots", json!({ "n": 3 })).outcome);
    assert_eq!(metrics["documentsRead"]["used"], json!(12.0));
    assert_eq!(metrics["databaseQueries"]["used"], json!(3.0));
    let error = error_of(&app.mutate("app:snapshots", json!({ "n": 1, "limits": { "documentsRead": 3 } })).outcome);
    assert!(error.contains("Too many documents read in a single function execution (limit: 3)"), "{error}");
}

#[test]
fn arguments_and_results_have_a_size() {
    let app = App::start();
    let most = 16 << 20;
    let error = error_of(&app.query("app:hello", json!({ "x": "y".repeat(most) })).outcome);
    let size = most + 2 + 2 + 2;
    assert_eq!(error, format!("Arguments for app:hello are too large (actual: {size} bytes, limit: 16 MiB)"));
    assert!(app.query("app:bytes", json!({ "length": most - 2 })).outcome.is_ok());
    let error = error_of(&app.query("app:bytes", json!({ "length": most - 1 })).outcome);
    let size = most + 1;
    assert_eq!(error, format!("Function app.js:bytes return value is too large (actual: {size} bytes, limit: 16 MiB)"));
}

#[test]
fn a_large_document_is_refused_and_a_nearly_large_one_is_warned_about() {
    let app = App::start();
    let error = error_of(&app.mutate("app:add", json!({ "table": "t", "body": "x".repeat(1 << 20) })).outcome);
    assert!(error.contains("Value is too large (1.00 MiB > maximum size 1 MiB)"), "{error}");
    let added = app.mutate("app:add", json!({ "table": "t", "body": "x".repeat(900_000) }));
    let id = value_of(&added.outcome);
    let expected = format!("[WARN] Large document written with ID {id} (actual: ");
    assert!(added.log_lines[0].starts_with(&expected), "{:?}", added.log_lines);
    let deep = (0..12).fold(json!(1), |inner, _| json!([inner]));
    let added = app.mutate("app:add", json!({ "table": "t", "body": deep }));
    assert!(added.log_lines[0].contains("Deeply nested document"), "{:?}", added.log_lines);
}

/// What a call printed as warnings, or the error it ended with.
fn told(app: &App, kind: FunctionKind, path: &str, args: Json) -> (Vec<String>, Option<String>) {
    let (outcome, lines) = match kind {
        FunctionKind::Query => {
            let result = app.query(path, args);
            (result.outcome.clone(), result.log_lines.clone())
        }
        _ => {
            let result = app.mutate(path, args);
            (result.outcome, result.log_lines)
        }
    };
    (lines.to_vec(), outcome.err().map(|error| error.detail))
}

// - [ ] read/write/doc/range/args/result limits with exact texts; warnings at 80%
#[test]
fn each_documented_limit_is_warned_of_and_then_enforced() {
    use FunctionKind::{Mutation, Query};
    let app = App::start();
    let large = 1_000_000;
    for (table, count, bytes) in [("small", 1000, 1), ("large", 17, large)] {
        // The large ones do not fit into one transaction.
        for part in [count / 2, count - count / 2] {
            app.mutate("app:addMany", json!({ "table": table, "count": part, "bytes": bytes }));
        }
    }
    let near = value_of(&app.mutate("app:add", json!({ "table": "one", "body": 1 })).outcome);
    let near: value::DocumentId = near.as_str().unwrap().parse().unwrap();
    let nobody = |count: u32| -> Vec<String> {
        let id = |n: u32| value::InternalId(u128::from(n).to_be_bytes());
        (0..count).map(|n| value::DocumentId { table: near.table, internal: id(n) }.encode()).collect()
    };
    let many = |table: &str, count: usize, bytes: usize| json!({ "table": table, "count": count, "bytes": bytes });
    let scans = |table: &str, times: usize| json!({ "table": table, "times": times });
    let jobs = |count: usize, bytes: usize| json!({ "count": count, "bytes": bytes });
    let in_one = "in a single function execution";
    let table = [
        (
            Query,
            "app:scanMany",
            (scans("small", 26), format!("Many documents read {in_one} (actual: 26000, limit: 32000). {HELP}")),
            (scans("small", 33), format!("Too many documents read {in_one} (limit: 32000). {HELP}")),
        ),
        (
            Query,
            "app:getMany",
            (json!({ "ids": nobody(3300) }), format!("Many reads {in_one} (actual: 3300, limit: 4096). {HELP}")),
            (json!({ "ids": nobody(4097) }), format!("Too many reads {in_one} (limit: 4096). {HELP}")),
        ),
        (
            Query,
            "app:scanMany",
            (scans("small", 2), String::new()),
            (scans("large", 1), format!("Too many bytes read {in_one} (limit: 16777216 bytes). {HELP}")),
        ),
        (
            Mutation,
            "app:addMany",
            (many("w", 12_801, 1), format!("Many writes {in_one} (actual: 12801, limit: 16000).")),
            (many("w", 16_001, 1), format!("Too many writes {in_one} (limit: 16000)")),
        ),
        (
            Mutation,
            "app:addMany",
            (many("b", 14, large), format!("Many bytes written {in_one} (actual: 140")),
            (many("b", 17, large), format!("Too many bytes written {in_one} (limit: 16777216 bytes)")),
        ),
        (
            Mutation,
            "app:scheduleMany",
            (jobs(801, 1), "Many functions scheduled by this mutation (actual: 801, limit: 1000).".into()),
            (jobs(1001, 1), "Too many functions scheduled by this mutation (limit: 1000)".into()),
        ),
        (
            Mutation,
            "app:scheduleMany",
            (
                jobs(14, large),
                "Large total size of the arguments of scheduled functions from this mutation (actual: 140".into(),
            ),
            (
                jobs(17, large),
                "Too large total size of the arguments of scheduled functions from this mutation \
                 (limit: 16777216 bytes)"
                    .into(),
            ),
        ),
        (
            Mutation,
            "app:scheduleMany",
            (jobs(1, 5 << 20), "Large size of the arguments of a scheduled function (actual: 52429".into()),
            (jobs(4, 5 << 20), "Too large total size of the arguments of scheduled functions".into()),
        ),
        (
            Query,
            "app:bytes",
            (json!({ "length": 14 << 20 }), "Large size of the function return value (actual: 14680066 bytes".into()),
            (
                json!({ "length": 16 << 20 }),
                "Function app.js:bytes return value is too large (actual: 16777218 bytes, limit: 16 MiB)".into(),
            ),
        ),
        (
            Query,
            "app:hello",
            (json!({ "x": "y".repeat(14 << 20) }), "Large size of the function arguments (actual: 14680070".into()),
            (json!({ "x": "y".repeat(16 << 20) }), "Arguments for app:hello are too large (actual: 16777222".into()),
        ),
    ];
    for (kind, path, (near, warning), (over, error)) in table {
        let (lines, failed) = told(&app, kind, path, near);
        assert_eq!(failed, None, "{warning}");
        let warned = |line: &String| line.strip_prefix("[WARN] ").is_some_and(|line| line.starts_with(&warning));
        assert_eq!(lines.iter().any(warned), !warning.is_empty(), "{warning}: {lines:?}");
        let (_, failed) = told(&app, kind, path, over);
        assert!(failed.as_ref().is_some_and(|text| text.contains(&error)), "{error}: {failed:?}");
    }
}

#[test]
fn a_query_has_at_most_256_operators() {
    let app = App::start();
    let ask = |count: usize| {
        let source = json!({ "type": "FullTableScan", "tableName": "notes", "order": null });
        let query = json!({ "source": source, "operators": vec![json!({ "limit": 1 }); count] });
        let step = json!(["sync", "1.0/queryStream", { "query": query, "version": "1.48.0" }]);
        value_of(&app.query("app:ask", json!({ "steps": [step] })).outcome)[0].clone()
    };
    assert_eq!(ask(256), json!({ "answer": { "queryId": 0.0 } }));
    assert_eq!(ask(257), json!({ "refused": "Query has too many operators: 257 > 256." }));
}

// - [ ] 1 s CPU timeout on infinite loop; uncatchable; next function unaffected
#[test]
fn a_parent_cannot_catch_the_timeout_of_its_child() {
    let app = App::start();
    let error = error_of(&app.mutate("app:catchSpin", json!({})).outcome);
    assert_eq!(error, "Function execution timed out (maximum duration: 1s)");
}

#[test]
fn all_frames_share_one_second() {
    let app = App::start();
    // More than enough: a thread that waits for a core is given longer.
    let failing = json!({ "own": 0, "times": 30, "ms": 300, "fail": true });
    let shared = json!({ "own": 500, "times": 30, "ms": 300, "fail": false });
    for args in [failing, shared] {
        let error = error_of(&app.mutate("app:burnAll", args).outcome);
        assert_eq!(error, "Function execution timed out (maximum duration: 1s)");
    }
    assert!(app.mutate("app:burnAll", json!({ "own": 100, "times": 2, "ms": 100, "fail": true })).outcome.is_ok());
}

#[test]
fn the_log_tells_what_a_failed_call_used() {
    let app = App::start();
    assert!(app.mutate("app:burn", json!({ "ms": 100, "fail": true })).outcome.is_err());
    let entries = app.runtime.logs().after(0.0);
    let burnt = entries.iter().filter_map(|entry| entry.completion()).find(|e| e.identifier == "app:burn").unwrap();
    assert!(burnt.user_time >= 0.1, "{}", burnt.user_time);
}

#[test]
fn operations_may_not_take_forever_together() {
    let (platform, clock) = Platform::simulated(3);
    let app = App::on_platform(platform);
    let id = app.add("rows", json!(1));
    let finished = std::sync::atomic::AtomicBool::new(false);
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !finished.load(std::sync::atomic::Ordering::SeqCst) {
                clock.advance(std::time::Duration::from_secs(20));
                std::thread::yield_now();
            }
        });
        let error = error_of(&app.mutate("app:readForever", json!({ "id": id })).outcome);
        finished.store(true, std::sync::atomic::Ordering::SeqCst);
        error
    });
    assert_eq!(error, "Your request timed out performing too many system operations.");
}
