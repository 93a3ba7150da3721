//! Runs one function inside a transaction: checks arguments, calls user code, checks the result.

use std::time::Duration;

use db::{Namespace, Transaction};
use value::{Validator, Value};

use crate::arguments::Arguments;
use crate::deployment::AnalyzedFunction;
use crate::execution::{CallFailure, Execution};
use crate::host::{CallHost, Frame};
use crate::limits::{FRAME_TIME_MIN, JSON_BYTES_MAX, RESULT_BYTES_MAX, USER_TIME_MAX};
use crate::{CallRequest, Deployment, FunctionError, FunctionKind, FunctionPath, Visibility};

/// The outcome of one frame.
pub(crate) struct Returned {
    pub value: Value,
    /// The end of the page a query paginated to, for its next run.
    pub journal: Option<String>,
}

/// Finds the function that `call` names; functions and admins see internal ones too.
///
/// Errors: the same text for functions that do not exist and for those the caller may not see.
pub(crate) fn resolve<'d>(
    deployment: &'d Deployment,
    call: &CallRequest,
    tester: bool,
) -> Result<&'d AnalyzedFunction, FunctionError> {
    let path = &call.path;
    let inside = call.identity.is_admin() || call.caller.is_function();
    let visible = deployment.function(path).filter(|function| match function.visibility {
        Some(Visibility::Public) => path.component.is_empty() || inside,
        Some(Visibility::Internal) | None => inside,
    });
    visible.ok_or_else(|| match deployment.unmounted.contains_key(&path.component) && inside {
        true => crate::system::unmounted(&path.component),
        false => not_found(path, tester),
    })
}

/// The text for a function that is not there, or not for this caller.
pub(crate) fn not_found(path: &FunctionPath, tester: bool) -> FunctionError {
    let name = path.display_name();
    let place = if path.component.is_empty() { String::new() } else { format!(" in '{}'", path.component) };
    FunctionError::new(if tester {
        format!("Could not find function for '{name}'{place}. Did you forget to run `npx convex dev`?")
    } else {
        format!("Could not find public function for '{name}'{place}.")
    })
}

/// Whether an error is one of [`not_found`]. Errors of user code begin otherwise: with `Uncaught`.
pub(crate) fn is_not_found(detail: &str) -> bool {
    detail.starts_with("Could not find ")
}

/// The text for a function called as another kind.
pub(crate) fn check_kind(
    path: &FunctionPath,
    function: &AnalyzedFunction,
    wanted: FunctionKind,
) -> Result<(), FunctionError> {
    if function.kind == wanted {
        return Ok(());
    }
    let (wanted, actual) = (wanted.name(), function.kind.name());
    Err(FunctionError::new(format!("Trying to execute {path} as {wanted}, but it is defined as {actual}.")))
}

/// Runs `function`, a query or a mutation, in `tx`.
///
/// Errors: `Function` for the app's failures; the caller decides what happens to the writes made so far.
pub(crate) fn run_function(
    execution: &mut Execution<'_>,
    tx: &mut Transaction,
    path: &FunctionPath,
    function: &AnalyzedFunction,
    arguments: &Arguments,
    journal: Option<&str>,
) -> Result<Returned, CallFailure> {
    let deployment = execution.deployment.clone();
    let Some(component) = deployment.component(&path.component) else {
        return Err(not_found(path, false).into());
    };
    let namespace = component.namespace;
    check_arguments(tx, namespace, function, &arguments.object)?;
    let kind = match function.kind {
        FunctionKind::Query => js::Kind::Query,
        FunctionKind::Mutation => js::Kind::Mutation,
        FunctionKind::Action | FunctionKind::HttpAction => {
            return Err(FunctionError::new(format!("{path} is an action and cannot run in a transaction.")).into());
        }
    };
    let seed = execution.next_seed();
    let call = js::Call {
        kind,
        module: &path.module,
        export: &path.export,
        args_json: &arguments.text,
        seed,
        unix_ms: execution.now_ms,
        env_generation: component.env_generation(deployment.version),
        limits: limits(execution),
    };
    let nested = execution.depth > 0;
    let executor = &execution.worker.executor;
    let mut host = CallHost::new(execution, tx, Frame::new(path.clone(), function.kind, namespace, journal, nested));
    let outcome = executor.run(&component.bundle, &call, &mut host);
    let frame = host.into_frame();
    execution.peaks.args_bytes = execution.peaks.args_bytes.max(arguments.bytes);
    // One frame alone is stopped in time; together they are found out when one of them ends.
    let outcome = match outcome {
        Ok(_) | Err(js::JsError::Uncaught { .. }) if execution.is_over_time() => {
            Err(js::JsError::Timeout { limit: USER_TIME_MAX })
        }
        outcome => outcome,
    };
    let completion = match outcome {
        Ok(completion) => completion,
        Err(error) => return Err(js_failure(execution, path, error)),
    };
    let (value, bytes) = decode_result(path, &completion.result_json)?;
    execution.peaks.result_bytes = execution.peaks.result_bytes.max(bytes);
    if function.kind == FunctionKind::Query && !nested && value.has_commit_ts() {
        let text =
            format!("Function {path} return value invalid: queries cannot return an unresolved commit timestamp");
        return Err(FunctionError::new(text).into());
    }
    check_result(tx, namespace, function, &value)?;
    Ok(Returned { value, journal: frame.journal_end })
}

pub(crate) fn check_arguments(
    tx: &mut Transaction,
    ns: Namespace,
    function: &AnalyzedFunction,
    value: &Value,
) -> Result<(), FunctionError> {
    check(tx, ns, function.args.as_ref(), value, "ArgumentValidationError")
}

pub(crate) fn check_result(
    tx: &mut Transaction,
    ns: Namespace,
    function: &AnalyzedFunction,
    value: &Value,
) -> Result<(), FunctionError> {
    check(tx, ns, function.returns.as_ref(), value, "ReturnsValidationError")
}

fn check(
    tx: &mut Transaction,
    namespace: Namespace,
    validator: Option<&Validator>,
    value: &Value,
    code: &'static str,
) -> Result<(), FunctionError> {
    let Some(validator) = validator else { return Ok(()) };
    validator.check(value, &tx.table_names(namespace)).map_err(|detail| {
        let mut error = FunctionError::new(format!("{code}: {detail}"));
        error.code = Some(code);
        error
    })
}

/// What one frame may use: the time that the frames before it left.
fn limits(execution: &Execution<'_>) -> js::CallLimits {
    let user_time = USER_TIME_MAX.saturating_sub(Duration::from_secs_f64(execution.user_seconds)).max(FRAME_TIME_MIN);
    js::CallLimits { user_time, output_bytes: JSON_BYTES_MAX, ..js::CallLimits::default() }
}

/// The value in a function's result, and its size.
pub(crate) fn decode_result(path: &FunctionPath, json: &str) -> Result<(Value, usize), FunctionError> {
    let invalid = |error: value::ValueError| {
        let mut failure = FunctionError::new(format!("Function {path} return value invalid: {error}"));
        failure.code = Some(error.code());
        failure
    };
    let value = Value::parse_json(json).map_err(invalid)?;
    value.check_limits().map_err(invalid)?;
    let size = value.size();
    if size > RESULT_BYTES_MAX {
        return Err(too_large(path, size));
    }
    Ok((value, size))
}

fn too_large(path: &FunctionPath, size: usize) -> FunctionError {
    let text = format!("Function {path} return value is too large (actual: {size} bytes, limit: 16 MiB)");
    FunctionError { detail: text, data: None, code: Some("FunctionResultTooLarge") }
}

fn js_failure(execution: &mut Execution<'_>, path: &FunctionPath, error: js::JsError) -> CallFailure {
    if let Some(failure) = execution.failure.take() {
        return failure.into();
    }
    if let Some(error) = &execution.fatal {
        return error.clone().into();
    }
    let fatal = match error {
        // Whichever frame used the last of it, the time is that of all frames.
        js::JsError::Timeout { .. } => js::JsError::Timeout { limit: USER_TIME_MAX }.to_string(),
        js::JsError::OutOfMemory { .. } => error.to_string(),
        other => return failure_of(path, other),
    };
    let error = FunctionError::new(fatal);
    execution.fatal = Some(error.clone());
    error.into()
}

/// What a failed run of the function at `path` means to its caller.
pub(crate) fn failure_of(path: &FunctionPath, error: js::JsError) -> CallFailure {
    match error {
        js::JsError::Uncaught { message, data } => FunctionError { detail: message, data, code: None }.into(),
        js::JsError::System(error) => crate::SystemError::internal(format!("{path}: {}", error.message)).into(),
        js::JsError::OutputTooLarge { actual, .. } => too_large(path, actual).into(),
        limit => FunctionError::new(limit.to_string()).into(),
    }
}
