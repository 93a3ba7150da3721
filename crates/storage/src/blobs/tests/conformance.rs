//! What every store does.

use std::ops::Range;

use bytes::Bytes;
use futures_util::TryStreamExt;

use super::{BlobError, BlobInfo, BlobKey, BlobStore};

pub const MEBIBYTE: usize = 1 << 20;

pub fn key(name: &str) -> BlobKey {
    BlobKey::new(&["files", name]).unwrap()
}

pub fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|index| (index % 251) as u8).collect()
}

pub async fn read(store: &BlobStore, name: &str, range: Option<Range<u64>>) -> Result<Vec<u8>, BlobError> {
    let stream = store.read(&key(name), range).await?;
    let chunks: Vec<Bytes> = stream.try_collect().await?;
    Ok(chunks.concat())
}

pub async fn write(store: &BlobStore, name: &str, bytes: &[u8], piece: usize) -> u64 {
    let mut writer = store.write(key(name));
    for piece in bytes.chunks(piece) {
        writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    writer.finish().await.unwrap()
}

pub async fn names(store: &BlobStore) -> Vec<String> {
    let listed: Vec<BlobInfo> = store.list("files").try_collect().await.unwrap();
    let mut names: Vec<String> = listed.into_iter().map(|info| info.key.to_string()).collect();
    names.sort();
    names
}

/// What every store does.
pub async fn conforms(store: &BlobStore) {
    store.check().await.unwrap();
    for (name, size) in [("empty", 0), ("small", 1000), ("part", MEBIBYTE), ("large", 3 * MEBIBYTE + 17)] {
        let bytes = pattern(size);
        assert_eq!(write(store, name, &bytes, 300_001).await, size as u64);
        assert!(read(store, name, None).await.unwrap() == bytes, "{name}");
    }
    let large = pattern(3 * MEBIBYTE + 17);
    let middle = read(store, "large", Some(1_048_570..2_097_160)).await.unwrap();
    assert!(middle == large[1_048_570..2_097_160]);
    assert_eq!(read(store, "small", Some(999..1000)).await.unwrap(), [large[999]]);

    let listed: Vec<BlobInfo> = store.list("").try_collect().await.unwrap();
    let part = listed.iter().find(|info| info.key == key("part")).unwrap();
    assert_eq!(part.size, MEBIBYTE as u64);
    assert!(part.written_ms > 1.6e12);
    assert_eq!(names(store).await, ["files/empty", "files/large", "files/part", "files/small"]);

    for name in ["empty", "part", "large"] {
        store.delete(&key(name)).await.unwrap();
    }
    store.delete(&key("part")).await.unwrap();
    assert!(matches!(read(store, "part", None).await, Err(BlobError::NotFound { .. })));
    store.put(&key("small"), Bytes::from_static(b"replaced")).await.unwrap();
    assert_eq!(read(store, "small", None).await.unwrap(), b"replaced");
}
