//! HTTP actions: the site port, and `/http` on the deployment port.
//!
//! Requests and responses pass through as they are; nothing is added to an app's answers but what HTTP itself needs.

mod address;
mod failure;

use std::convert::Infallible;

use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use functions::Identity;
use functions::actions::http::{HttpOutcome, HttpRequest, HttpResponse, RequestBody, ResponseBody, ResponseStream};
use futures_util::{StreamExt, stream};
use platform::Platform;

use crate::auth::Credential;
use crate::error::ApiError;
use crate::limits::REQUEST_SILENCE_MAX;
use crate::origin;
use crate::request_id::RequestIdHeader;
use crate::state::AppState;

/// Headers that belong to one connection; what an app sets there would break the next one.
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Answers a request with what the app's router makes of it.
pub async fn serve(State(state): State<AppState>, request: Request) -> Response {
    if !is_routed(request.method()) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "This method is not supported by HTTP actions.");
    }
    let is_head = request.method() == Method::HEAD;
    let request = prepare(&state, request).await;
    match state.runtime.http_action(request).await {
        Ok(HttpOutcome::Response(response)) => respond(response, is_head),
        Ok(HttpOutcome::Failed(error)) => failure::response(&error, &state),
        Ok(HttpOutcome::NoRoute) => text(StatusCode::NOT_FOUND, "No matching routes found"),
        Ok(HttpOutcome::NoRouter) => {
            text(StatusCode::NOT_FOUND, "This Convex deployment does not have HTTP actions enabled.")
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

fn is_routed(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS]
        .contains(method)
}

/// The request as user code will see it.
async fn prepare(state: &AppState, request: Request) -> HttpRequest {
    let (parts, body) = request.into_parts();
    let address = address::of(&parts, &state.site_origin);
    let (identity, identity_error) = identify(state, &parts.headers).await;
    let has_body = ![Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    HttpRequest {
        method: parts.method.to_string(),
        url: address.url,
        path: address.path,
        headers: header_pairs(&parts.headers),
        body: has_body.then(|| request_body(state.platform.clone(), body.into_data_stream())),
        identity,
        identity_error,
        request_id: RequestIdHeader::of(&parts.headers, state).0,
        origin: origin::of_request(&parts),
    }
}

/// Who is calling. What is wrong with a credential is kept for those who ask: the header is the app's to use.
async fn identify(state: &AppState, headers: &HeaderMap) -> (Identity, Option<String>) {
    let credential = match Credential::from_request(headers, None) {
        Ok(credential) => credential,
        // Another scheme than ours is none of our business.
        Err(_) if !is_bearer(headers) => return (Identity::Anonymous, None),
        Err(error) => return (Identity::Anonymous, Some(error.message)),
    };
    match state.auth.verify(credential, state).await {
        Ok(identity) => (identity, None),
        Err(error) => (Identity::Anonymous, Some(error.message)),
    }
}

fn is_bearer(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
    value.len() >= 6 && value[..6].eq_ignore_ascii_case(b"bearer")
}

/// Header values are bytes; user code sees each byte as a character, as browsers show them.
fn header_pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let latin1 = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), latin1(value))).collect()
}

/// The pieces of a body. A client that falls silent must not hold an action's place for ever.
fn request_body(platform: Platform, body: BodyDataStream) -> RequestBody {
    let pieces = stream::unfold(Some(body), move |body| {
        let platform = platform.clone();
        async move {
            let mut body = body?;
            let piece = tokio::select! {
                piece = body.next() => piece?.map_err(|error| error.to_string()),
                () = platform.sleep(REQUEST_SILENCE_MAX) => {
                    Err(format!("nothing arrived for {} seconds", REQUEST_SILENCE_MAX.as_secs()))
                }
            };
            let went_on = piece.is_ok().then_some(body);
            Some((piece.map_err(|why| format!("The request ended before all of its body arrived: {why}")), went_on))
        }
    });
    pieces.boxed()
}

fn respond(response: HttpResponse, is_head: bool) -> Response {
    let HttpResponse { status, headers, body } = response;
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        let (Ok(name), Some(value)) = (HeaderName::try_from(name), header_value(&value)) else { continue };
        if !HOP_BY_HOP.contains(&name) {
            answer.headers_mut().append(name, value);
        }
    }
    // The body of an answer to HEAD is dropped on its way; it only says how long it would be.
    *answer.body_mut() = match body {
        ResponseBody::Whole(bytes) => Body::from(bytes),
        ResponseBody::Stream(pieces) if is_head => {
            pieces.complete();
            Body::from_stream(stream::empty::<Result<Bytes, Infallible>>())
        }
        ResponseBody::Stream(pieces) => Body::from_stream(streamed(pieces)),
    };
    answer
}

fn header_value(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

/// Hands on piece by piece; dropping the stream before its end tells the action that the client is gone.
fn streamed(
    body: ResponseStream,
) -> impl futures_util::Stream<Item = Result<Bytes, functions::actions::http::Broken>> + Send + 'static {
    stream::unfold(Some(body), |body| async move {
        let mut body = body?;
        match body.pieces.recv().await {
            Some(Ok(piece)) => Some((Ok(piece), Some(body))),
            Some(Err(broken)) => {
                body.complete();
                Some((Err(broken), None))
            }
            None => {
                body.complete();
                None
            }
        }
    })
}

fn text(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests;
