//! What the web platform of the default runtime asks for: timers and the bytes of files.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use js::{HostError, Op, OpAnswer, OpResult};
use serde::Deserialize;

use super::operations::Operations;

/// Starts an operation; its future may be dropped at any time. The one place that tells them apart.
pub(super) fn start(operations: &Operations, op: Op) -> BoxFuture<'static, OpResult> {
    let operations = operations.clone();
    match op.name.split_once('/') {
        Some(("1.0", _)) => async move { operations.run(&op.name, &op.args).await.map(OpAnswer::text) }.boxed(),
        Some(("storage", "storeBlob")) => async move { store_blob(&operations, op).await }.boxed(),
        Some(("storage", "getBlob")) => async move { get_blob(&operations, &op.args).await }.boxed(),
        None if op.name == "timer" => async move { timer(&operations, &op.args).await }.boxed(),
        _ => {
            let error = HostError::developer(format!("Unknown operation {}", op.name));
            async move { Err(error) }.boxed()
        }
    }
}

/// Whether an operation counts towards those that run at once: it costs the server work rather than waiting.
pub(super) fn takes_a_turn(name: &str) -> bool {
    name.starts_with("1.0/") || name.starts_with("storage/")
}

/// How a warning names an operation that was not awaited; none for what need not be.
pub(super) fn dangling_name(name: &str) -> Option<&str> {
    match name.split_once('/') {
        Some(("1.0", rest)) => Some(rest.strip_prefix("actions/").unwrap_or(rest)),
        Some(("storage", "storeBlob")) => Some("storageStore"),
        Some(("storage", "getBlob")) => Some("storageGet"),
        Some(("fetch", "start" | "read")) => Some("fetch"),
        _ => None,
    }
}

async fn timer(operations: &Operations, delay_ms: &str) -> OpResult {
    let delay = delay_ms.parse().map_or(Duration::ZERO, |ms: f64| Duration::from_secs_f64(ms.max(0.0) / 1000.0));
    operations.context().runtime.platform().sleep(delay).await;
    Ok(OpAnswer::nothing())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoreArgs {
    content_type: Option<String>,
    sha256: Option<String>,
}

async fn store_blob(operations: &Operations, op: Op) -> OpResult {
    let args: StoreArgs = crate::host::arguments("storage.store", &op.args)?;
    let content_type = args.content_type.filter(|text| !text.is_empty());
    let bytes = Bytes::from(op.bytes.unwrap_or_default());
    let body = futures_util::stream::once(async move { Ok::<_, Infallible>(bytes) });
    let id = operations.store_file(content_type, args.sha256.as_deref(), body).await?;
    Ok(OpAnswer::text(serde_json::Value::String(id).to_string()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetArgs {
    storage_id: String,
}

async fn get_blob(operations: &Operations, args: &str) -> OpResult {
    let args: GetArgs = crate::host::arguments("storage.get", args)?;
    let Some(found) = operations.find_file(&args.storage_id).await? else { return Ok(OpAnswer::nothing()) };
    let limit = operations.context().runtime.options().actions.heap_bytes;
    if found.file.size > limit as u64 {
        let text = format!("The file is too large for an action ({} bytes, limit: {limit} bytes).", found.file.size);
        return Err(HostError::developer(text));
    }
    let read = found.bytes.try_fold(Vec::new(), |mut all, piece| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    });
    let bytes = read.await.map_err(|error| HostError::system(format!("read a stored file: {error}")))?;
    Ok(OpAnswer { text: Some(found.file.content_type.unwrap_or_default()), bytes: Some(bytes) })
}
