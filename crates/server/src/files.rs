//! Uploading and downloading stored files. Both directions stream: no file is ever held in memory.
//!
//! The address is the permission: an upload URL is signed and expires, a download URL holds the file's secret. Neither
//! looks at who is calling.

mod digest;
mod range;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use functions::ErrorKind;
use functions::files::{StoredFile, Upload};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::ApiError;
use crate::limits::UPLOAD_DURATION_MAX;
use crate::state::AppState;

use range::Selection;

/// A stored file never changes, but whoever deletes it wants it gone.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, max-age=2592000");

pub fn routes() -> Router<AppState> {
    Router::new().route("/api/storage/upload", post(upload)).route("/api/storage/{uuid}", get(download))
}

#[derive(Deserialize)]
struct UploadParams {
    token: Option<String>,
}

/// Stores the body as a file.
async fn upload(
    State(state): State<AppState>,
    Query(params): Query<UploadParams>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let target = state.runtime.check_upload_token(params.token.as_deref().unwrap_or_default())?;
    let upload = Upload { content_type: content_type(&headers)?, sha256: digest::expected(&headers)? };
    let storing = state.runtime.store_upload(target, upload, body.into_data_stream());
    let stored = tokio::time::timeout(UPLOAD_DURATION_MAX, storing).await;
    let id = stored.map_err(|_| {
        let text = format!("The upload took longer than {} seconds.", UPLOAD_DURATION_MAX.as_secs());
        ApiError::new(ErrorKind::Timeout, "UploadTimeout", text)
    })??;
    let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(([json], format!(r#"{{"storageId":"{id}"}}"#)).into_response())
}

fn content_type(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(None) };
    let text = value.to_str().map_err(|_| ApiError::bad_request("BadHeader", "Content-Type is not readable text."))?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[derive(Deserialize)]
struct DownloadParams {
    component: Option<String>,
}

/// Answers GET and HEAD with a file or one range of it.
async fn download(
    State(state): State<AppState>,
    Path(name): Path<String>,
    Query(params): Query<DownloadParams>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let uuid = parse_uuid(&name)?;
    let file = state.runtime.stored_file(params.component.as_deref(), uuid).await?;
    let file = file.ok_or_else(|| ApiError::not_found("FileNotFound", "There is no such file."))?;
    let selection = Selection::of(&headers, file.size);
    let bytes = match &selection {
        Selection::Unsatisfiable => return Ok(unsatisfiable(file.size)),
        Selection::Whole => None,
        Selection::Range(range) => Some(range.clone()),
    };
    let body = match (method, file.size) {
        (Method::HEAD, _) | (_, 0) => Body::empty(),
        _ => Body::from_stream(state.runtime.read_stored_file(&file, bytes).await?),
    };
    Ok(response(&file, &selection, body))
}

/// Only the usual form with dashes is one of our addresses.
fn parse_uuid(name: &str) -> Result<Uuid, ApiError> {
    let uuid = if name.len() == 36 { Uuid::try_parse(name).ok() } else { None };
    uuid.ok_or_else(|| ApiError::bad_request("InvalidStoragePath", "The path of a stored file ends in a UUID."))
}

fn response(file: &StoredFile, selection: &Selection, body: Body) -> Response {
    let mut response = Response::new(body);
    let mut length = file.size;
    let headers = response.headers_mut();
    if let Some(content_type) = file.content_type.as_ref().and_then(|text| HeaderValue::from_str(text).ok()) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    match selection {
        Selection::Range(range) => {
            length = range.end - range.start;
            let span = format!("bytes {}-{}/{}", range.start, range.end - 1, file.size);
            headers.insert(header::CONTENT_RANGE, ascii(&span));
        }
        Selection::Whole | Selection::Unsatisfiable => {
            headers.insert("digest", digest::header(file.sha256));
        }
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if matches!(selection, Selection::Range(_)) {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

fn unsatisfiable(size: u64) -> Response {
    let span = (header::CONTENT_RANGE, ascii(&format!("bytes */{size}")));
    (StatusCode::RANGE_NOT_SATISFIABLE, [span]).into_response()
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("printable ASCII")
}

#[cfg(test)]
mod tests;
