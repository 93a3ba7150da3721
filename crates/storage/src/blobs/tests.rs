//! Every kind of store behaves alike; the local one survives crashes.

mod conformance;
#[cfg(feature = "s3-tests")]
mod s3;

use std::fs;

use conformance::{MEBIBYTE, conforms, key, names, pattern, read, write};

use super::*;

#[tokio::test]
async fn memory_conforms() {
    conforms(&BlobStore::memory()).await;
}

#[tokio::test]
async fn local_conforms_and_persists() {
    let directory = tempfile::tempdir().unwrap();
    let store = BlobStore::local(directory.path()).unwrap();
    conforms(&store).await;
    drop(store);
    let store = BlobStore::local(directory.path()).unwrap();
    assert_eq!(read(&store, "small", None).await.unwrap(), b"replaced");
}

#[tokio::test]
async fn unfinished_blobs_are_invisible_and_leave_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = BlobStore::local(directory.path()).unwrap();
    let mut writer = store.write(key("half"));
    writer.write(Bytes::from(pattern(2 * MEBIBYTE + 5))).await.unwrap();
    assert!(names(&store).await.is_empty());
    assert!(matches!(read(&store, "half", None).await, Err(BlobError::NotFound { .. })));
    writer.abort().await.unwrap();
    assert_eq!(fs::read_dir(directory.path().join("files")).unwrap().count(), 0);
}

#[tokio::test]
async fn drafts_of_a_crashed_process_go_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let store = BlobStore::local(directory.path()).unwrap();
    write(&store, "kept", b"kept", 4).await;
    let mut writer = store.write(key("torn"));
    writer.write(Bytes::from(pattern(2 * MEBIBYTE))).await.unwrap();
    let drafts = || fs::read_dir(directory.path().join("files")).unwrap().count();
    assert_eq!(drafts(), 2);
    // A crash runs no destructors.
    std::mem::forget(writer);
    drop(store);
    let store = BlobStore::local(directory.path()).unwrap();
    assert_eq!(drafts(), 1);
    assert_eq!(read(&store, "kept", None).await.unwrap(), b"kept");
}

#[tokio::test]
async fn a_file_that_lost_its_end_is_not_served_as_if_it_were_whole() {
    let directory = tempfile::tempdir().unwrap();
    let store = BlobStore::local(directory.path()).unwrap();
    write(&store, "cut", &pattern(MEBIBYTE), MEBIBYTE).await;
    let stream = store.read(&key("cut"), None).await.unwrap();
    let file = fs::File::options().write(true).open(directory.path().join("files/cut")).unwrap();
    file.set_len(MEBIBYTE as u64 / 2 + 1).unwrap();
    let read: Vec<_> = stream.collect().await;
    assert!(matches!(read.last(), Some(Err(BlobError::Failed { action: "read", .. }))));
    assert!(read.iter().flatten().map(Bytes::len).sum::<usize>() <= MEBIBYTE / 2);
}

#[test]
fn keys_stay_inside_the_store() {
    let valid = |segments: &[&str]| BlobKey::new(segments).is_some();
    assert!(valid(&["files", "0", "3f-a_b.c"]));
    for bad in ["", "..", ".", "a/b", "a#1", "a b", "\u{e9}", "a\\b"] {
        assert!(!valid(&["files", bad]), "{bad:?}");
    }
    assert!(!valid(&[]));
}

#[test]
fn keys_and_secrets_do_not_show() {
    let options = S3Options {
        bucket: "bucket".into(),
        secret_access_key: Some("hidden".into()),
        access_key_id: Some("hidden".into()),
        ..S3Options::default()
    };
    assert!(!format!("{options:?}").contains("hidden"));
}

#[tokio::test]
async fn a_client_for_https_finds_its_tls() {
    let endpoint = Some("https://127.0.0.1:1".into());
    let options = S3Options { bucket: "b".into(), endpoint, ..S3Options::default() };
    assert!(format!("{:?}", BlobStore::s3(&options).unwrap()).contains("AmazonS3(b)"));
}
