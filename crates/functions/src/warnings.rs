//! Warnings for what came near a limit. They are added to an execution's log when it ends.

use std::time::Duration;

use db::Usage;
use value::limits::{DOCUMENT_BYTES_MAX, DOCUMENT_NESTING_MAX};

use crate::effects::Effects;
use crate::execution::Execution;
use crate::limits::{
    ARGS_BYTES_MAX, HTTP_RESPONSE_BYTES_MAX, RESULT_BYTES_MAX, SCHEDULED_JOB_ARGS_BYTES_ADVISED, USER_TIME_MAX,
};

/// Share of a limit above which a warning is logged.
const SHARE: f64 = 0.8;

pub(crate) const READ_HELP: &str = "Consider using smaller limits in your queries, paginating your queries, \
                                    or using indexed queries with a selective index range expressions.";

/// The most that one call, one document or one job of an execution needed, where the limit holds for each alone.
#[derive(Debug, Default)]
pub(crate) struct Peaks {
    pub args_bytes: usize,
    pub result_bytes: usize,
    pub job_args_bytes: usize,
    document_bytes: (usize, String),
    document_nesting: (usize, String),
}

impl Peaks {
    /// Notes a document that was written.
    pub fn document(&mut self, id: impl std::fmt::Display, bytes: usize, nesting: usize) {
        if near(bytes, DOCUMENT_BYTES_MAX) && bytes > self.document_bytes.0 {
            self.document_bytes = (bytes, id.to_string());
        }
        if near(nesting, DOCUMENT_NESTING_MAX) && nesting > self.document_nesting.0 {
            self.document_nesting = (nesting, id.to_string());
        }
    }
}

/// Adds the warnings that `execution` has earned.
pub(crate) fn add(execution: &mut Execution<'_>, usage: &Usage, now_ms: f64) {
    let mut warnings = Vec::new();
    transaction(usage, &mut warnings);
    effects(&execution.effects, &mut warnings);
    peaks(&execution.peaks, &mut warnings);
    user_time(execution.user_seconds, &mut warnings);
    for (code, text) in warnings {
        execution.logs.warning(code, text, now_ms);
    }
}

/// Codes and texts.
type Warnings = Vec<(&'static str, String)>;

/// Above the share, and not above the limit itself, which is an error of its own.
fn near(used: usize, limit: usize) -> bool {
    used as f64 > limit as f64 * SHARE && used <= limit
}

fn check(warnings: &mut Warnings, code: &'static str, phrase: &str, used: usize, limit: usize, unit: &str) -> bool {
    let near = near(used, limit);
    if near {
        warnings.push((code, format!("{phrase} (actual: {used}{unit}, limit: {limit}{unit}).")));
    }
    near
}

fn transaction(usage: &Usage, warnings: &mut Warnings) {
    let limits = db::Limits::default();
    let reads = [
        ("TooManyDocumentsRead", "Many documents read", usage.documents_read, limits.documents_read, ""),
        ("TooManyReads", "Many reads", usage.reads, limits.reads, ""),
        ("TooManyBytesRead", "Many bytes read", usage.bytes_read, limits.bytes_read, " bytes"),
    ];
    let writes = [
        ("TooManyWrites", "Many writes", usage.documents_written, limits.documents_written, ""),
        ("TooManyBytesWritten", "Many bytes written", usage.bytes_written, limits.bytes_written, " bytes"),
    ];
    for (code, what, used, limit, unit) in reads {
        if check(warnings, code, &format!("{what} in a single function execution"), used, limit, unit) {
            let (_, text) = warnings.last_mut().expect("just added");
            text.push(' ');
            text.push_str(READ_HELP);
        }
    }
    for (code, what, used, limit, unit) in writes {
        check(warnings, code, &format!("{what} in a single function execution"), used, limit, unit);
    }
}

fn effects(used: &Effects, warnings: &mut Warnings) {
    let limits = Effects::LIMITS;
    let (count, most) = (used.functions_scheduled, limits.functions_scheduled);
    check(warnings, "TooManyFunctionsScheduled", "Many functions scheduled by this mutation", count, most, "");
    let phrase = "Large total size of the arguments of scheduled functions from this mutation";
    let (bytes, most) = (used.scheduled_args_bytes, limits.scheduled_args_bytes);
    check(warnings, "ScheduledFunctionsArgumentsTooLarge", phrase, bytes, most, " bytes");
}

/// The warnings that the sizes of an action's arguments and result have earned.
pub(crate) fn of_sizes(args: usize, args_max: usize, result: usize) -> Warnings {
    let mut warnings = Vec::new();
    sizes((args, args_max), result, &mut warnings);
    warnings
}

/// The warnings that the body of an HTTP action's response has earned.
pub(crate) fn of_response(bytes: usize) -> Warnings {
    let mut warnings = Vec::new();
    let phrase = "Large response of an HTTP action";
    check(&mut warnings, "HttpResponseTooLarge", phrase, bytes, HTTP_RESPONSE_BYTES_MAX, " bytes");
    warnings
}

fn sizes((args, args_max): (usize, usize), result: usize, warnings: &mut Warnings) {
    let phrase = "Large size of the function arguments";
    check(warnings, "TooLargeFunctionArguments", phrase, args, args_max, " bytes");
    let phrase = "Large size of the function return value";
    check(warnings, "TooLargeFunctionResult", phrase, result, RESULT_BYTES_MAX, " bytes");
}

fn peaks(peaks: &Peaks, warnings: &mut Warnings) {
    sizes((peaks.args_bytes, ARGS_BYTES_MAX), peaks.result_bytes, warnings);
    // A single job may exceed what is advised: that is only ever a warning.
    let (job, advised) = (peaks.job_args_bytes, SCHEDULED_JOB_ARGS_BYTES_ADVISED);
    if job as f64 > advised as f64 * SHARE {
        let phrase = "Large size of the arguments of a scheduled function";
        let text = format!("{phrase} (actual: {job} bytes, limit: {advised} bytes).");
        warnings.push(("ScheduledFunctionsArgumentsTooLarge", text));
    }
    let (bytes, id) = &peaks.document_bytes;
    let phrase = format!("Large document written with ID \"{id}\"");
    check(warnings, "TooLargeDocument", &phrase, *bytes, DOCUMENT_BYTES_MAX, " bytes");
    let (nesting, id) = &peaks.document_nesting;
    let phrase = format!("Deeply nested document written with ID \"{id}\"");
    check(warnings, "TooNested", &phrase, *nesting, DOCUMENT_NESTING_MAX, "");
}

fn user_time(seconds: f64, warnings: &mut Warnings) {
    let limit = USER_TIME_MAX.as_secs_f64();
    if seconds > limit * SHARE && seconds <= limit {
        let actual = Duration::from_secs_f64(seconds).as_millis();
        let text =
            format!("Function execution took a long time. (maximum duration: {limit}s, actual duration: {actual}ms).");
        warnings.push(("UserTimeout", text));
    }
}

#[cfg(test)]
mod tests;
