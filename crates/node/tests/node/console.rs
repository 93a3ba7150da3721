//! Console lines: their form, their bounds, and that they stream.

use node::{LogLevel, LogLine};

use crate::fixture::Fixture;

// console methods, inspect formatting, truncation, 256 lines, overflow line
// console.time behaviour and warnings; console.trace contains stack
#[tokio::test]
async fn lines_have_a_level_and_a_text_for_each_argument() {
    let app = Fixture::new().await;
    app.call("speak", "{}").await;
    let lines = app.host.lines.lock().unwrap();
    let first = LogLine {
        level: LogLevel::Log,
        messages: vec!["'hi'".to_owned(), "1".to_owned(), "{ a: [ 1, { b: 2 } ] }".to_owned()],
        is_truncated: false,
        timestamp_ms: lines[0].timestamp_ms,
    };
    assert_eq!(lines[0], first);
    assert!(first.timestamp_ms > 1.7e12);
    let rest: Vec<(LogLevel, &str)> = lines[1..8].iter().map(|line| (line.level, line.messages[0].as_str())).collect();
    let expected = [
        (LogLevel::Debug, "true"),
        (LogLevel::Info, "null"),
        (LogLevel::Warn, "\"it's\""),
        (LogLevel::Error, "Map(1) { 'k' => 1 }"),
        (LogLevel::Warn, "Timer 't' already exists"),
        (LogLevel::Warn, "Timer 'other' does not exist"),
    ];
    assert_eq!(rest[..6], expected);
    assert!(rest[6].1.starts_with("t: ") && rest[6].1.ends_with("ms"), "{:?}", rest[6]);
    let trace = &lines[8];
    assert_eq!((trace.level, trace.messages[0].as_str()), (LogLevel::Log, "'here'"));
    assert!(trace.messages[1].contains("convex:/user/app.js:"), "{}", trace.messages[1]);
    assert!(!trace.messages[1].contains("file://"), "{}", trace.messages[1]);
}

#[tokio::test]
async fn lines_arrive_while_the_action_runs() {
    let app = Fixture::new().await;
    let call = async { app.call("stream", "{}").await };
    let watch = async {
        app.host.line_written.notified().await;
        assert_eq!(app.host.texts(), ["[LOG] 'before'"]);
        app.host.open.add_permits(1);
    };
    tokio::join!(call, watch);
}

#[tokio::test]
async fn the_last_of_256_lines_says_that_there_were_more() {
    let app = Fixture::new().await;
    app.call("babble", r#"{"lines":300,"size":1}"#).await;
    let texts = app.host.texts();
    assert_eq!(texts.len(), 256);
    assert_eq!(texts[254], "[LOG] 'x'");
    assert_eq!(texts[255], "[ERROR] Log overflow (maximum 256). Remaining log lines omitted.");
}

#[tokio::test]
async fn more_than_a_million_characters_are_omitted() {
    let app = Fixture::new().await;
    app.call("babble", r#"{"lines":100,"size":20000}"#).await;
    let texts = app.host.texts();
    assert_eq!(texts.len(), 50);
    assert_eq!(texts[49], "[ERROR] Log overflow (maximum 1M characters). Remaining log lines omitted.");
}

#[tokio::test]
async fn a_long_line_is_cut() {
    let app = Fixture::new().await;
    app.call("babble", r#"{"lines":1,"size":40000}"#).await;
    let lines = app.host.lines.lock().unwrap();
    assert!(lines[0].is_truncated);
    assert_eq!(lines[0].messages[0].len(), 32_768);
}

#[tokio::test]
async fn the_standard_streams_are_not_the_channel() {
    let app = Fixture::new().await;
    assert_eq!(app.call("noise", "{}").await, "null");
    assert_eq!(app.call("echo", r#"{"a":1}"#).await, r#"{"a":1}"#);
    assert!(app.host.texts().is_empty());
}
