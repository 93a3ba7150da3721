use axum::body::to_bytes;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use functions::ErrorKind;

use super::{ApiError, status_of};

#[test]
fn every_kind_has_its_status() {
    for (kind, status) in [
        (ErrorKind::BadRequest, 400),
        (ErrorKind::Unauthenticated, 401),
        (ErrorKind::Forbidden, 403),
        (ErrorKind::NotFound, 404),
        (ErrorKind::Timeout, 408),
        (ErrorKind::Conflict, 409),
        (ErrorKind::RateLimited, 429),
        (ErrorKind::Internal, 500),
        (ErrorKind::Overloaded, 503),
        (ErrorKind::OutOfRetention, 503),
    ] {
        assert_eq!(status_of(&kind), StatusCode::from_u16(status).expect("a status"), "{kind:?}");
    }
}

/// Non-2xx bodies of function endpoints always have `code` and `message`.
#[tokio::test]
async fn the_body_names_code_and_message() {
    let response = ApiError::bad_request("BadFormat", "no \"such\" format").into_response();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = to_bytes(response.into_body(), 1000).await.expect("a body");
    assert_eq!(&body[..], br#"{"code":"BadFormat","message":"no \"such\" format"}"#);
}
