//! Messages to clients. Values are spliced in as the JSON text they already are.

use std::fmt::Write as _;
use std::sync::Arc;

use functions::{FunctionError, RequestId};
use value::{Timestamp, write_json_string};

use crate::effect::QueryId;

/// The three versions a client must see advance without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateVersion {
    pub query_set: u32,
    pub identity: u32,
    pub ts: Timestamp,
}

impl StateVersion {
    /// Where every connection starts.
    pub const START: StateVersion = StateVersion { query_set: 0, identity: 0, ts: Timestamp::ZERO };
}

/// Everything that can be sent.
pub enum ServerMessage<'a> {
    Transition(Transition<'a>),
    MutationResponse { request: u32, result: CallOutcome<'a>, ts: Timestamp },
    ActionResponse { request: u32, result: CallOutcome<'a> },
    AuthError { error: &'a str, base_version: u32, update_attempted: bool },
    FatalError { error: &'a str },
    Ping,
}

pub struct Transition<'a> {
    pub start: StateVersion,
    pub end: StateVersion,
    pub modifications: &'a [Modification],
    /// Both numbers or neither: clients misread one without the other.
    pub clock: Option<Clock>,
}

#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Milliseconds; negative when the client's clock is behind.
    pub client_skew_ms: i64,
    /// Nanoseconds since the Unix epoch.
    pub server_ns: u64,
}

#[derive(Debug)]
pub enum Modification {
    Updated { id: QueryId, value: Arc<str>, log_lines: Arc<[String]>, journal: Option<Arc<str>> },
    Failed { id: QueryId, message: String, data: Option<String>, log_lines: Arc<[String]>, journal: Option<Arc<str>> },
    Removed { id: QueryId },
}

/// The result of a mutation or an action.
pub struct CallOutcome<'a> {
    pub outcome: Result<&'a str, Failure<'a>>,
    pub log_lines: &'a [String],
}

pub struct Failure<'a> {
    pub message: String,
    /// Present only for a ConvexError, even when the data is null.
    pub data: Option<&'a str>,
}

impl<'a> Failure<'a> {
    pub fn of(error: &'a FunctionError, request_id: &RequestId, redact: bool) -> Failure<'a> {
        Failure { message: error.client_message(request_id, redact), data: error.data.as_deref() }
    }
}

impl ServerMessage<'_> {
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(128);
        match self {
            ServerMessage::Transition(transition) => write_transition(&mut out, transition),
            ServerMessage::MutationResponse { request, result, ts } => {
                out.push_str(r#"{"type":"MutationResponse""#);
                write_outcome(&mut out, *request, result);
                match result.outcome {
                    Ok(_) => push(&mut out, format_args!(r#","ts":"{}"}}"#, ts.to_wire())),
                    Err(_) => out.push_str(r#","ts":null}"#),
                }
            }
            ServerMessage::ActionResponse { request, result } => {
                out.push_str(r#"{"type":"ActionResponse""#);
                write_outcome(&mut out, *request, result);
                out.push('}');
            }
            ServerMessage::AuthError { error, base_version, update_attempted } => {
                out.push_str(r#"{"type":"AuthError","error":"#);
                write_json_string(&mut out, error);
                push(
                    &mut out,
                    format_args!(r#","baseVersion":{base_version},"authUpdateAttempted":{update_attempted}}}"#),
                );
            }
            ServerMessage::FatalError { error } => {
                out.push_str(r#"{"type":"FatalError","error":"#);
                write_json_string(&mut out, error);
                out.push('}');
            }
            ServerMessage::Ping => out.push_str(r#"{"type":"Ping"}"#),
        }
        out
    }
}

fn write_transition(out: &mut String, transition: &Transition<'_>) {
    out.push_str(r#"{"type":"Transition","startVersion":"#);
    write_version(out, &transition.start);
    out.push_str(r#","endVersion":"#);
    write_version(out, &transition.end);
    out.push_str(r#","modifications":["#);
    for (at, modification) in transition.modifications.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_modification(out, modification);
    }
    out.push(']');
    if let Some(Clock { client_skew_ms, server_ns }) = transition.clock {
        push(out, format_args!(r#","clientClockSkew":{client_skew_ms},"serverTs":{server_ns}"#));
    }
    out.push('}');
}

fn write_version(out: &mut String, version: &StateVersion) {
    let StateVersion { query_set, identity, ts } = version;
    push(out, format_args!(r#"{{"querySet":{query_set},"identity":{identity},"ts":"{}"}}"#, ts.to_wire()));
}

fn write_modification(out: &mut String, modification: &Modification) {
    match modification {
        Modification::Updated { id, value, log_lines, journal } => {
            push(out, format_args!(r#"{{"type":"QueryUpdated","queryId":{id},"value":{value}"#));
            write_log_lines(out, log_lines);
            write_journal(out, journal.as_deref());
        }
        Modification::Failed { id, message, data, log_lines, journal } => {
            push(out, format_args!(r#"{{"type":"QueryFailed","queryId":{id},"errorMessage":"#));
            write_json_string(out, message);
            if let Some(data) = data {
                push(out, format_args!(r#","errorData":{data}"#));
            }
            write_log_lines(out, log_lines);
            write_journal(out, journal.as_deref());
        }
        Modification::Removed { id } => push(out, format_args!(r#"{{"type":"QueryRemoved","queryId":{id}}}"#)),
    }
}

fn write_journal(out: &mut String, journal: Option<&str>) {
    out.push_str(r#","journal":"#);
    match journal {
        Some(journal) => write_json_string(out, journal),
        None => out.push_str("null"),
    }
    out.push('}');
}

fn write_outcome(out: &mut String, request: u32, result: &CallOutcome<'_>) {
    push(out, format_args!(r#","requestId":{request},"success":{},"result":"#, result.outcome.is_ok()));
    match &result.outcome {
        Ok(value) => out.push_str(value),
        Err(failure) => {
            write_json_string(out, &failure.message);
            if let Some(data) = failure.data {
                push(out, format_args!(r#","errorData":{data}"#));
            }
        }
    }
    write_log_lines(out, result.log_lines);
}

fn write_log_lines(out: &mut String, lines: &[String]) {
    out.push_str(r#","logLines":["#);
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_json_string(out, line);
    }
    out.push(']');
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string does not fail");
}
