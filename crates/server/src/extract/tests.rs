use axum::http::{HeaderMap, HeaderValue};

use super::is_json;

/// Missing or wrong content type → 400 `BadJsonBody`.
#[test]
fn json_types_are_recognized() {
    for (content_type, accepted) in [
        ("application/json", true),
        ("application/json; charset=utf-8", true),
        ("Application/JSON", true),
        ("application/vnd.api+json", true),
        ("text/json", false),
        ("application/jsonp", false),
        ("text/plain", false),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(content_type));
        assert_eq!(is_json(&headers), accepted, "{content_type}");
    }
    assert!(!is_json(&HeaderMap::new()));
}
