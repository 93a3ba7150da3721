//! The blob store against a real S3-speaking service, which `tests/s3/run.py` starts.

use super::conformance::{MEBIBYTE, conforms, key, names, pattern, read, write};
use super::*;

fn options() -> S3Options {
    let var = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is set by tests/s3/run.py"));
    S3Options {
        bucket: var("CONCAVE_TEST_S3_BUCKET"),
        prefix: Some("blobs/".into()),
        endpoint: Some(var("CONCAVE_TEST_S3_ENDPOINT")),
        access_key_id: Some(var("CONCAVE_TEST_S3_KEY")),
        secret_access_key: Some(var("CONCAVE_TEST_S3_SECRET")),
        ..S3Options::default()
    }
}

#[tokio::test]
async fn a_bucket_is_a_blob_store() {
    let store = BlobStore::s3(&options()).unwrap();
    conforms(&store).await;
    store.delete(&key("small")).await.unwrap();

    // Larger than one part, so that it goes up in several.
    let bytes = pattern(17 * MEBIBYTE + 5);
    assert_eq!(write(&store, "parts", &bytes, 3 * MEBIBYTE).await, bytes.len() as u64);
    assert!(read(&store, "parts", None).await.unwrap() == bytes);
    let mut writer = store.write(key("half"));
    writer.write(Bytes::from(pattern(9 * MEBIBYTE))).await.unwrap();
    writer.abort().await.unwrap();
    assert_eq!(names(&store).await, ["files/parts"]);
    store.delete(&key("parts")).await.unwrap();
}

#[tokio::test]
async fn a_wrong_bucket_shows_at_the_check() {
    let store = BlobStore::s3(&S3Options { bucket: "no-such-bucket".into(), ..options() }).unwrap();
    assert!(store.check().await.is_err());
}
