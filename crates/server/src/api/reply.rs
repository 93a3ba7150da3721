//! Function results as HTTP bodies. The value is spliced in as the text it already is.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use functions::{FunctionError, RequestId};
use value::{JsonFormat, Value, write_json_string};

use crate::error::ApiError;

/// One function result, formatted and redacted.
pub struct FunctionReply {
    outcome: Result<Arc<str>, ReplyError>,
    log_lines: Vec<String>,
}

struct ReplyError {
    message: String,
    data: Option<Arc<str>>,
}

impl FunctionReply {
    /// Errors: 500 when a result that came from us is not readable.
    pub fn new(
        outcome: Result<Arc<str>, FunctionError>,
        log_lines: &[String],
        request_id: &RequestId,
        format: JsonFormat,
        redact: bool,
    ) -> Result<FunctionReply, ApiError> {
        let outcome = match outcome {
            Ok(value) => Ok(format_value(value, format)?),
            Err(error) => Err(ReplyError {
                message: error.client_message(request_id, redact),
                data: error.data.map(|data| format_value(Arc::from(data), format)).transpose()?,
            }),
        };
        let log_lines = if redact { Vec::new() } else { log_lines.to_vec() };
        Ok(FunctionReply { outcome, log_lines })
    }

    /// `{"status":"success",…}` or `{"status":"error",…}`; `logLines` only when there are any.
    pub fn write_json(&self, out: &mut String) {
        match &self.outcome {
            Ok(value) => {
                out.push_str(r#"{"status":"success","value":"#);
                out.push_str(value);
            }
            Err(error) => {
                out.push_str(r#"{"status":"error","errorMessage":"#);
                write_json_string(out, &error.message);
                if let Some(data) = &error.data {
                    out.push_str(r#","errorData":"#);
                    out.push_str(data);
                }
            }
        }
        if !self.log_lines.is_empty() {
            out.push_str(r#","logLines":["#);
            for (at, line) in self.log_lines.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json_string(out, line);
            }
            out.push(']');
        }
        out.push('}');
    }

    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(64 + self.outcome.as_ref().map_or(0, |value| value.len()));
        self.write_json(&mut out);
        out
    }
}

fn format_value(encoded: Arc<str>, format: JsonFormat) -> Result<Arc<str>, ApiError> {
    match format {
        JsonFormat::Encoded => Ok(encoded),
        JsonFormat::Clean | JsonFormat::Export => match Value::parse_json(&encoded) {
            Ok(value) => Ok(Arc::from(value.to_json_format(format))),
            Err(error) => {
                tracing::error!(%error, "a function result is not readable");
                Err(ApiError::internal())
            }
        },
    }
}

/// A 200 answer with a JSON body.
pub fn json_response(body: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
