//! Files over the in-memory engine, and over a directory that is opened again.

mod tokens;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value as Json, json};
use storage::blobs::{BlobInfo, BlobStore};
use uuid::Uuid;

use super::sweep::sweep;
use super::*;
use crate::tests::{App, error_of, value_of, wait};
use crate::{Identity, MutationRequest, Options, SystemError};

const HELLO_SHA256_BASE64: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
const HELLO_SHA256_HEX: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
/// "hello" in base64.
const HELLO: &str = "aGVsbG8=";

impl App {
    fn upload(&self, upload: Upload, pieces: &[&'static [u8]]) -> Result<String, SystemError> {
        let url = value_of(&self.mutate("app:uploadUrl", json!({})).outcome);
        let token = url.as_str().unwrap().split_once("?token=").unwrap().1.to_owned();
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, String>(Bytes::from_static(piece))).collect();
        wait(async {
            let target = self.runtime.check_upload_token(&token)?;
            self.runtime.store_upload(target, upload, stream::iter(pieces)).await.map(|id| id.to_string())
        })
    }

    fn hello(&self) -> String {
        let upload = Upload { content_type: Some("text/plain".into()), sha256: None };
        self.upload(upload, &[b"hel", b"", b"lo"]).unwrap()
    }

    fn get(&self, path: &str, args: Json) -> Json {
        value_of(&self.query(path, args).outcome)
    }

    fn fetch(&self, url: &str) -> Option<(StoredFile, Vec<u8>)> {
        let uuid = Uuid::parse_str(url.rsplit('/').next().unwrap()).unwrap();
        wait(async {
            let file = self.runtime.stored_file(None, uuid).await.unwrap()?;
            let stream = self.runtime.read_stored_file(&file, None).await.unwrap();
            let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
            Some((file, pieces.concat()))
        })
    }

    fn blobs(&self) -> usize {
        wait(async { self.runtime.inner.files.blobs.list(BLOB_FOLDER).count().await })
    }

    fn sweep(&self, grace: Duration) -> usize {
        wait(sweep(&self.runtime.inner, grace)).unwrap()
    }
}

// upload URL expiry, digest mismatch, missing token, response shape
#[test]
fn an_uploaded_file_can_be_fetched() {
    let app = App::start();
    let id = app.hello();
    let url = app.get("app:fileUrl", json!({ "id": id }));
    let url = url.as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:3210/api/storage/"), "{url}");
    let (file, bytes) = app.fetch(url).unwrap();
    assert_eq!(bytes, b"hello");
    assert_eq!((file.size, file.content_type.as_deref()), (5, Some("text/plain")));
    assert_eq!(file.sha256.to_base64(), HELLO_SHA256_BASE64);
    assert!(!url.contains(&id));
}

// `_storage` document shape; getMetadata shape
#[test]
fn functions_see_the_documented_fields() {
    let app = App::start();
    let id = app.hello();
    assert_eq!(
        app.get("app:fileMetadata", json!({ "id": id })),
        json!({ "storageId": id, "sha256": HELLO_SHA256_HEX, "size": 5.0, "contentType": "text/plain" })
    );
    let expected = |document: &Json, sha256: &str| {
        let created = document["_creationTime"].as_f64().unwrap();
        let fields =
            json!({ "_id": id, "_creationTime": created, "sha256": sha256, "size": 5.0, "contentType": "text/plain" });
        assert_eq!(*document, fields);
    };
    for (version, sha256) in
        [("1.9.0", HELLO_SHA256_BASE64), ("1.48.0-alpha.1", HELLO_SHA256_BASE64), ("1.8.9", HELLO_SHA256_HEX)]
    {
        expected(&app.get("app:fileDocument", json!({ "id": id, "version": version })), sha256);
        let listed = app.get("app:fileDocuments", json!({ "version": version }));
        expected(&listed["streamed"], sha256);
        expected(&listed["page"][0], sha256);
        assert_eq!(listed["page"].as_array().unwrap().len(), 1);
    }
    let plain = app.upload(Upload::default(), &[]).unwrap();
    assert_eq!(app.get("app:fileMetadata", json!({ "id": plain }))["contentType"], Json::Null);
    assert_eq!(app.get("app:fileMetadata", json!({ "id": plain }))["size"], json!(0.0));
}

#[test]
fn the_table_can_be_queried_before_there_is_a_file() {
    let app = App::start();
    assert_eq!(app.get("app:fileDocuments", json!({ "version": "1.48.0" })), json!({ "streamed": null, "page": [] }));
}

#[test]
fn a_wrong_digest_leaves_nothing() {
    let app = App::start();
    let digest = FileDigest::from_base64(HELLO_SHA256_BASE64).unwrap();
    let upload = Upload { content_type: None, sha256: Some(digest) };
    let error = app.upload(upload.clone(), &[b"Hello"]).unwrap_err();
    assert_eq!(error.code, "Sha256Mismatch");
    assert_eq!(app.blobs(), 0);
    assert!(app.upload(upload, &[b"hello"]).is_ok());
}

#[test]
fn an_interrupted_upload_leaves_nothing() {
    let app = App::start();
    let target = UploadTarget(Namespace::ROOT);
    let pieces = stream::iter([Ok(Bytes::from(vec![7; 3 << 20])), Err("gone")]);
    let error = wait(app.runtime.store_upload(target, Upload::default(), pieces)).unwrap_err();
    assert_eq!(error.code, "UploadInterrupted");
    assert_eq!(app.blobs(), 0);
    assert_eq!(app.get("app:fileDocuments", json!({ "version": "1.48.0" }))["page"], json!([]));
}

// getUrl …, unknown file, deletion revokes
#[test]
fn deletion_revokes_the_link_and_the_bytes_follow() {
    let app = App::start();
    let id = app.hello();
    let live = app.query("app:fileUrl", json!({ "id": id }));
    let url = value_of(&live.outcome);
    assert_eq!(app.mutate("app:deleteFile", json!({ "id": id })).outcome.as_deref(), Ok("null"));
    assert!(!live.valid_at(app.runtime.latest_ts()));
    assert_eq!(app.get("app:fileUrl", json!({ "id": id })), Json::Null);
    assert_eq!(app.get("app:fileMetadata", json!({ "id": id })), Json::Null);
    assert!(app.fetch(url.as_str().unwrap()).is_none());
    let again = error_of(&app.mutate("app:deleteFile", json!({ "id": id })).outcome);
    assert!(again.contains(&format!("storage id {id} not found")), "{again}");
    assert_eq!(app.blobs(), 1);
    assert_eq!(app.sweep(Duration::ZERO), 1);
    assert_eq!(app.blobs(), 0);
}

#[test]
fn the_sweeper_spares_what_is_young_or_wanted() {
    let app = App::start();
    let id = app.hello();
    let orphan = blob_key(Namespace::ROOT, Uuid::from_u128(1));
    let foreign = storage::blobs::BlobKey::new(&[BLOB_FOLDER, "notes.txt"]).unwrap();
    let blobs = &app.runtime.inner.files.blobs;
    wait(async {
        blobs.put(&orphan, Bytes::from_static(b"crashed before its row")).await.unwrap();
        blobs.put(&foreign, Bytes::from_static(b"not ours")).await.unwrap();
    });
    assert_eq!(app.sweep(Duration::from_secs(3600)), 0);
    assert_eq!(app.sweep(Duration::ZERO), 1);
    let left: Vec<BlobInfo> = wait(blobs.list(BLOB_FOLDER).try_collect()).unwrap();
    assert!(left.iter().any(|blob| blob.key == foreign) && left.len() == 2);
    let url = app.get("app:fileUrl", json!({ "id": id }));
    assert_eq!(app.fetch(url.as_str().unwrap()).unwrap().1, b"hello");
}

// store/get … from mutations
#[test]
fn mutations_store_and_read_files() {
    let app = App::start();
    let stored = value_of(&app.mutate("app:storeAndGet", json!({ "blob": HELLO })).outcome);
    assert_eq!(stored["file"], json!({ "blob": HELLO, "contentType": null }));
    let metrics = &stored["metrics"];
    assert_eq!(metrics["filesWritten"]["used"], json!(1.0));
    assert_eq!(metrics["fileReadBytes"]["used"], json!(5.0));
    assert_eq!(app.fetch(stored["url"].as_str().unwrap()).unwrap().1, b"hello");
    let again = value_of(&app.mutate("app:getFile", json!({ "id": stored["id"] })).outcome);
    assert_eq!(again, json!({ "blob": HELLO, "contentType": null }));
    let args = json!({ "blob": HELLO, "contentType": "a/b", "sha256": HELLO_SHA256_BASE64 });
    let id = value_of(&app.mutate("app:storeFile", args).outcome);
    assert_eq!(app.get("app:fileMetadata", json!({ "id": id }))["contentType"], "a/b");
}

// the file must become visible only if the mutation commits
#[test]
fn a_failed_mutation_stores_nothing() {
    let app = App::start();
    let error = error_of(&app.mutate("app:storeAndThrow", json!({ "blob": HELLO })).outcome);
    assert!(error.contains("after the file"), "{error}");
    assert_eq!(app.get("app:fileDocuments", json!({ "version": "1.48.0" }))["page"], json!([]));
    assert_eq!(app.blobs(), 1);
    assert_eq!(app.sweep(Duration::ZERO), 1);
}

#[test]
fn wrong_digests_and_too_much_at_once_are_refused_in_mutations() {
    let app = App::start();
    let fails = |args: Json, text: &str| {
        let error = error_of(&app.mutate("app:storeFile", args).outcome);
        assert!(error.contains(text), "{error}");
    };
    let wrong = json!({ "blob": "SGVsbG8=", "contentType": "", "sha256": HELLO_SHA256_BASE64 });
    fails(wrong, "was given with it. Nothing was stored: send the file again.");
    fails(json!({ "blob": HELLO, "sha256": "x" }), "Invalid argument `sha256` for `storage.store`");
    fails(json!({ "blob": "*", "contentType": "" }), "Invalid argument `blob` for `storage.store`");
    assert_eq!(app.blobs(), 0);
}

#[test]
fn ids_of_other_things_are_refused() {
    let app = App::start();
    let note = app.add("notes", json!("x"));
    let fails = |id: &str, text: &str| {
        let error = error_of(&app.query("app:fileUrl", json!({ "id": id })).outcome);
        assert!(error.contains(text), "{error}");
    };
    fails(
        &note,
        "Invalid argument `storageId` for `storage.getUrl`: expected to be an Id<\"_storage\">, got Id<\"notes\"> instead.",
    );
    fails("nonsense", "Invalid argument `storageId` for `storage.getUrl`: Unable to decode ID");
    let unknown = app.get("app:fileUrl", json!({ "id": "7b3ab8a3-3c0c-4b83-9a55-6a11b5a7a111" }));
    assert_eq!(unknown, Json::Null);
    let error = error_of(&app.query("app:fileUrl", json!({ "id": note, "version": "soon" })).outcome);
    assert!(error.contains("Invalid client version"), "{error}");
}

// storageId is an Id<"_storage"> or a legacy UUID
#[test]
fn the_uuid_of_a_link_is_accepted_as_its_id() {
    let app = App::start();
    let id = app.hello();
    let url = app.get("app:fileUrl", json!({ "id": id }));
    let uuid = url.as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(app.get("app:fileMetadata", json!({ "id": uuid }))["storageId"], json!(id));
}

#[test]
fn queries_change_no_files() {
    let app = App::start();
    let error = error_of(&app.query("app:uploadUrlInQuery", json!({})).outcome);
    assert!(error.contains("Can't generate upload URLs in a query"), "{error}");
}

#[test]
fn links_of_components_name_them() {
    let uuid = Uuid::from_u128(7);
    assert_eq!(file_url("http://a", Namespace::ROOT, uuid), format!("http://a/api/storage/{uuid}"));
    assert_eq!(file_url("http://a", Namespace(3), uuid), format!("http://a/api/storage/{uuid}?component=3"));
}

// Storage belongs to the calling component.
#[test]
fn components_do_not_see_each_others_files() {
    let app = App::start();
    let file = stream::iter([Ok::<_, String>(Bytes::from_static(b"inside"))]);
    wait(app.runtime.store_upload(UploadTarget(Namespace(3)), Upload::default(), file)).unwrap();
    assert_eq!(app.get("app:fileDocuments", json!({ "version": "1.48.0" }))["page"], json!([]));
    let blob: Vec<BlobInfo> = wait(app.runtime.inner.files.blobs.list(BLOB_FOLDER).try_collect()).unwrap();
    let (namespace, uuid) = parse_blob_key(&blob[0].key).unwrap();
    assert_eq!(namespace, Namespace(3));
    let found = |component| wait(app.runtime.stored_file(component, uuid)).unwrap().is_some();
    assert!(found(Some("3")));
    assert!(!found(None) && !found(Some("")) && !found(Some("4")) && !found(Some("other")));
    assert_eq!(app.sweep(Duration::ZERO), 0);
}

// a crash between leaves no acknowledged file lost
#[test]
fn files_survive_a_restart_and_leftovers_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let engine: Arc<dyn storage::Engine> = Arc::new(storage::MemoryEngine::new());
    let open = || {
        let blobs = BlobStore::local(&directory.path().join("files")).unwrap();
        App::with(engine.clone(), Options { workers: 1, blobs, ..Options::default() })
    };
    let app = open();
    let id = app.hello();
    let url = app.get("app:fileUrl", json!({ "id": id }));
    let orphan = blob_key(Namespace::ROOT, Uuid::from_u128(1));
    wait(app.runtime.inner.files.blobs.put(&orphan, Bytes::from_static(b"no row"))).unwrap();
    drop(app);
    let app = open();
    assert_eq!(app.sweep(Duration::ZERO), 1);
    assert_eq!(app.get("app:fileUrl", json!({ "id": id })), url);
    assert_eq!(app.fetch(url.as_str().unwrap()).unwrap().1, b"hello");
}

#[test]
fn the_dashboard_lists_and_deletes_files() {
    let app = App::start();
    let ids = [app.hello(), app.hello(), app.hello()];
    let admin = || Identity::Admin { read_only: false };
    let ask = |path: &str, args: Json| value_of(&app.query_as(path, args, admin()).outcome);
    let change = |path: &str, args: Json| {
        let call = app.call(path, args, admin());
        wait(app.runtime.mutation(MutationRequest { call, session: None })).unwrap().outcome
    };
    assert_eq!(ask("_system/frontend/fileStorageV2:numFiles", json!({})), json!(3.0));
    let options = json!({ "numItems": 2.0, "cursor": null });
    let page = ask("_system/frontend/fileStorageV2:fileMetadata", json!({ "paginationOpts": options }));
    let listed: Vec<&str> = page["page"].as_array().unwrap().iter().map(|file| file["_id"].as_str().unwrap()).collect();
    assert_eq!((listed, &page["isDone"]), (vec![ids[2].as_str(), &ids[1]], &json!(false)));
    let before = page["page"][1]["_creationTime"].clone();
    let args = json!({ "paginationOpts": options, "filters": { "order": "asc", "minCreationTime": before } });
    let newer = ask("_system/frontend/fileStorageV2:fileMetadata", args);
    assert_eq!(newer["page"][0]["_id"], json!(ids[1]));
    assert_eq!(newer["page"].as_array().unwrap().len(), 2);
    let one = ask("_system/frontend/fileStorageV2:getFile", json!({ "storageId": ids[0] }));
    assert_eq!(app.fetch(one["url"].as_str().unwrap()).unwrap().1, b"hello");

    let upload = change("_system/frontend/fileStorageV2:generateUploadUrl", json!({}));
    assert!(value_of(&upload).as_str().unwrap().contains("/api/storage/upload?token="));
    change("_system/frontend/fileStorageV2:deleteFile", json!({ "storageId": ids[0] })).unwrap();
    let again = change("_system/frontend/fileStorageV2:deleteFile", json!({ "storageId": ids[0] })).unwrap_err();
    assert_eq!(again.code, Some("StorageIdNotFound"));
    change("_system/frontend/fileStorageV2:deleteFiles", json!({ "storageIds": ids[1..] })).unwrap();
    assert_eq!(ask("_system/frontend/fileStorageV2:numFiles", json!({})), json!(0.0));
    assert_eq!(ask("_system/frontend/fileStorageV2:getFile", json!({ "storageId": ids[0] })), Json::Null);
}

// store/get from actions …
#[test]
fn actions_use_files_in_transactions_of_their_own() {
    let app = App::start();
    let runtime = &app.runtime;
    let run = |name: &str, args: Json| wait(runtime.file_operation(Namespace::ROOT, name, &args.to_string())).unwrap();
    let upload =
        Upload { content_type: Some("text/plain".into()), sha256: FileDigest::from_base64(HELLO_SHA256_BASE64) };
    let body = stream::iter([Ok::<_, String>(Bytes::from_static(b"hello"))]);
    let id = wait(runtime.store_upload(UploadTarget(Namespace::ROOT), upload, body)).unwrap().to_string();

    let file = wait(runtime.file_by_id(Namespace::ROOT, &id)).unwrap().unwrap().unwrap();
    let pieces: Vec<Bytes> =
        wait(async { runtime.read_stored_file(&file, None).await.unwrap().try_collect().await.unwrap() });
    assert_eq!(pieces.concat(), b"hello");
    let args = json!({ "requestId": "", "version": "1.48.0", "storageId": id });
    let url: Json = serde_json::from_str(&run("1.0/storageGetUrl", args.clone()).unwrap().unwrap()).unwrap();
    assert_eq!(url, app.get("app:fileUrl", json!({ "id": id })));
    assert!(run("1.0/storageGetMetadata", args.clone()).unwrap().unwrap().contains(HELLO_SHA256_HEX));
    let upload_url = run("1.0/storageGenerateUploadUrl", json!({ "version": "1.48.0" })).unwrap().unwrap();
    assert!(upload_url.contains("/api/storage/upload?token="));
    assert_eq!(run("1.0/storageDelete", args.clone()).unwrap().as_deref(), Some("null"));
    assert!(run("1.0/storageDelete", args).unwrap_err().message.contains("not found"));
    assert!(wait(runtime.file_by_id(Namespace::ROOT, &id)).unwrap().unwrap().is_none());
    assert!(
        wait(runtime.file_by_id(Namespace::ROOT, "nonsense"))
            .unwrap()
            .unwrap_err()
            .message
            .contains("Unable to decode ID")
    );
    assert!(run("1.0/get", json!({})).unwrap().is_none());
}
