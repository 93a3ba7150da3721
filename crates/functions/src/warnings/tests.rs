use super::*;

/// The code of the only warning that `give` produces, or none.
fn code(give: impl FnOnce(&mut Warnings)) -> Option<&'static str> {
    let mut warnings = Vec::new();
    give(&mut warnings);
    assert!(warnings.len() < 2, "{warnings:?}");
    warnings.pop().map(|(code, _)| code)
}

fn text(give: impl FnOnce(&mut Warnings)) -> String {
    let mut warnings = Vec::new();
    give(&mut warnings);
    warnings.pop().unwrap().1
}

// Checklist: read/write/doc/range/args/result limits with exact texts; warnings at 80%.
#[test]
fn each_limit_warns_above_four_fifths_and_not_above_itself() {
    type Give = Box<dyn Fn(usize, &mut Warnings)>;
    let usage = |with: fn(usize) -> Usage| -> Give { Box::new(move |used, out| transaction(&with(used), out)) };
    let effect = |with: fn(usize) -> Effects| -> Give { Box::new(move |used, out| effects(&with(used), out)) };
    let peak = |with: fn(usize) -> Peaks| -> Give { Box::new(move |used, out| peaks(&with(used), out)) };
    let document = |bytes, nesting| {
        let mut peaks = Peaks::default();
        peaks.document("id", bytes, nesting);
        peaks
    };
    let table: Vec<(&str, usize, Give)> = vec![
        ("TooManyBytesRead", 16 << 20, usage(|bytes_read| Usage { bytes_read, ..Usage::default() })),
        ("TooManyDocumentsRead", 32_000, usage(|documents_read| Usage { documents_read, ..Usage::default() })),
        ("TooManyReads", 4_096, usage(|reads| Usage { reads, ..Usage::default() })),
        ("TooManyBytesWritten", 16 << 20, usage(|bytes_written| Usage { bytes_written, ..Usage::default() })),
        ("TooManyWrites", 16_000, usage(|documents_written| Usage { documents_written, ..Usage::default() })),
        (
            "TooManyFunctionsScheduled",
            1_000,
            effect(|functions_scheduled| Effects { functions_scheduled, ..Effects::default() }),
        ),
        (
            "ScheduledFunctionsArgumentsTooLarge",
            16 << 20,
            effect(|scheduled_args_bytes| Effects { scheduled_args_bytes, ..Effects::default() }),
        ),
        ("TooLargeFunctionArguments", 16 << 20, peak(|args_bytes| Peaks { args_bytes, ..Peaks::default() })),
        ("TooLargeFunctionResult", 16 << 20, peak(|result_bytes| Peaks { result_bytes, ..Peaks::default() })),
        ("TooLargeDocument", 1 << 20, Box::new(move |used, out| peaks(&document(used, 1), out))),
        ("TooNested", 16, Box::new(move |used, out| peaks(&document(1, used), out))),
    ];
    for (expected, limit, give) in table {
        let four_fifths = limit * 4 / 5;
        assert_eq!(code(|out| give(four_fifths, out)), None, "{expected} at 80 %");
        assert_eq!(code(|out| give(four_fifths + 1, out)), Some(expected), "{expected} above 80 %");
        assert_eq!(code(|out| give(limit, out)), Some(expected), "{expected} at the limit");
        assert_eq!(code(|out| give(limit + 1, out)), None, "{expected} above the limit is an error");
    }
}

#[test]
fn texts_name_both_numbers() {
    let used = Usage { documents_read: 30_000, ..Usage::default() };
    assert_eq!(
        text(|out| transaction(&used, out)),
        format!("Many documents read in a single function execution (actual: 30000, limit: 32000). {READ_HELP}")
    );
    let used = Usage { bytes_written: 16_000_000, ..Usage::default() };
    assert_eq!(
        text(|out| transaction(&used, out)),
        "Many bytes written in a single function execution (actual: 16000000 bytes, limit: 16777216 bytes)."
    );
    assert_eq!(
        text(|out| user_time(0.9, out)),
        "Function execution took a long time. (maximum duration: 1s, actual duration: 900ms)."
    );
    assert_eq!(code(|out| user_time(0.8, out)), None);
    let mut large = Peaks::default();
    large.document("k1", 1_000_000, 1);
    assert_eq!(
        text(|out| peaks(&large, out)),
        "Large document written with ID \"k1\" (actual: 1000000 bytes, limit: 1048576 bytes)."
    );
}

#[test]
fn one_large_job_is_advised_against_at_any_size() {
    for bytes in [4 << 20, 9 << 20] {
        let large = Peaks { job_args_bytes: bytes, ..Peaks::default() };
        assert_eq!(code(|out| peaks(&large, out)), Some("ScheduledFunctionsArgumentsTooLarge"));
    }
}
