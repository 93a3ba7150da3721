//! Files of actions: binary in both directions.

use crate::fixture::Fixture;

#[tokio::test]
async fn blobs_are_stored_chunk_by_chunk() {
    let app = Fixture::new().await;
    let sizes = [0, 1, 64 * 1024, 1_000_000];
    for size in sizes {
        let id = app.call("store", &format!(r#"{{"size":{size},"type":"image/png"}}"#)).await;
        assert_eq!(id, r#""stored""#);
    }
    for (upload, size) in app.host.uploads.lock().unwrap().iter().zip(sizes) {
        let (content_type, claimed, sha256, bytes) = upload;
        assert_eq!((content_type.as_deref(), sha256.as_deref()), (Some("image/png"), Some("digest")));
        assert_eq!((*claimed, bytes.len()), (size, size as usize));
        assert!(bytes.iter().enumerate().all(|(i, byte)| *byte == (i % 251) as u8));
    }
}

#[tokio::test]
async fn a_blob_without_a_type_has_no_content_type() {
    let app = Fixture::new().await;
    app.call("store", r#"{"size":3,"type":""}"#).await;
    assert_eq!(app.host.uploads.lock().unwrap()[0].0, None);
}

#[tokio::test]
async fn blobs_come_back_whole_or_as_null() {
    let app = Fixture::new().await;
    assert_eq!(app.call("fetchBlob", r#"{"id":"missing"}"#).await, "null");
    for size in [0, 10, 3_000_000] {
        let answer = app.call("fetchBlob", &format!(r#"{{"id":"{size}"}}"#)).await;
        assert_eq!(answer, format!(r#"{{"type":"image/png","size":{size},"right":true}}"#));
    }
    assert_eq!(app.fail("fetchBlob", r#"{"id":"refused"}"#).await.message, "not an id");
}

#[tokio::test]
async fn only_blobs_can_be_stored() {
    let app = Fixture::new().await;
    let error = app.fail("storeText", "{}").await;
    let text = "store() expects a Blob. If you are trying to store a Request, `await request.blob()` will give you the correct input.";
    assert_eq!(error.message, text);
}
