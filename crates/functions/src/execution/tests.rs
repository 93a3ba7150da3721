//! Log bounds.

use super::*;

fn collect(lines: impl IntoIterator<Item = Vec<String>>) -> Vec<LogLine> {
    let path = FunctionPath { component: String::new(), module: "m.js".into(), export: "f".into() };
    let mut collector = LogCollector::default();
    for messages in lines {
        collector.console("LOG", messages, 0.0, &path, false);
    }
    collector.into_lines()
}

// - [ ] console methods, inspect formatting, truncation, 256 lines, overflow line
#[test]
fn the_last_of_256_lines_reports_the_overflow() {
    let lines = collect((0..300).map(|n| vec![n.to_string()]));
    assert_eq!(lines.len(), 256);
    assert_eq!(lines[254].messages, ["254"]);
    assert_eq!(lines[255].to_text(), "[ERROR] Log overflow (maximum 256). Remaining log lines omitted.");
}

#[test]
fn a_long_line_is_cut_at_a_character_boundary() {
    let lines = collect([vec!["é".repeat(20_000), "tail".into()]]);
    assert!(lines[0].is_truncated);
    assert_eq!(lines[0].messages.len(), 1);
    assert_eq!(lines[0].messages[0].len(), LOG_LINE_BYTES_MAX);
    assert!(lines[0].to_text().ends_with(" (truncated due to length)"));
}

#[test]
fn no_character_is_cut_in_two_and_separators_count() {
    let lines = collect([vec!["€".repeat(20_000)]]);
    assert_eq!(lines[0].messages[0].len(), LOG_LINE_BYTES_MAX / 3 * 3);
    let lines = collect([vec!["a".repeat(20_000), "b".repeat(20_000)]]);
    assert_eq!(lines[0].messages[1].len(), LOG_LINE_BYTES_MAX - 20_000 - 1);
}
