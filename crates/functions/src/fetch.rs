//! `fetch` of actions: HTTP requests whose bodies stay streams in both directions.
//!
//! JavaScript builds the request, follows redirects and makes the `Response`; what it cannot do, it asks for with
//! operations named `fetch/…`. It numbers the requests of an action, and everything that lives as long as a request
//! waits in the [`Fetcher`] of the action under that number: the end of a body that is being sent, the response
//! whose body is being received. At most one piece of each body is in memory here.
//!
//! | operation | text | bytes | answer |
//! | --- | --- | --- | --- |
//! | `fetch/start` | [`Head`] as JSON | the body, if it is at hand | [`Answer`] as JSON, once the head of the response is there |
//! | `fetch/write` | number | a piece of the body | nothing once there is room for another, or `stop` |
//! | `fetch/end` | number | | nothing: the body is complete |
//! | `fetch/read` | number | | the next piece of the response's body, or nothing after the last |
//! | `fetch/cancel` | number | | nothing: both bodies are dropped, and the connection with them |

mod client;
mod exchange;
mod head;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use js::{HostError, Op, OpAnswer, OpResult};
use parking_lot::Mutex;

use crate::limits;
use exchange::{Download, Exchange, Upload};
use head::{Answer, Head};

pub use client::FetchClient;

/// The requests of one action. Dropping it ends them all.
pub struct Fetcher {
    client: FetchClient,
    exchanges: Exchanges,
}

/// Every request under way, by its number.
type Exchanges = Arc<Mutex<HashMap<u32, Exchange>>>;

impl Fetcher {
    pub fn new(client: FetchClient) -> Fetcher {
        Fetcher { client, exchanges: Exchanges::default() }
    }

    /// Begins an operation. What it changes in the table is changed at once, so that operations started one after
    /// the other mean what they say; the rest happens in the future, which may be dropped at any time.
    pub fn start(&self, op: Op) -> BoxFuture<'static, OpResult> {
        let bytes = op.bytes.map(Bytes::from);
        let name = op.name.as_str();
        if name == "fetch/start" {
            return match self.begin(&op.args, bytes) {
                Ok(answer) => answer,
                Err(error) => ready(Err(error)).boxed(),
            };
        }
        let Ok(number) = op.args.parse() else { return unknown(name) };
        match name {
            "fetch/write" => self.write(number, bytes.unwrap_or_default()),
            "fetch/read" => self.read(number),
            "fetch/end" => self.end(number),
            "fetch/cancel" => self.cancel(number),
            _ => unknown(name),
        }
    }

    fn begin(&self, args: &str, bytes: Option<Bytes>) -> Result<BoxFuture<'static, OpResult>, HostError> {
        let head: Head = serde_json::from_str(args).map_err(|error| HostError::system(format!("fetch: {error}")))?;
        let is_empty = !head.stream && bytes.as_ref().is_none_or(Bytes::is_empty);
        let request = head.request(is_empty)?;
        let (upload, body) = match (head.stream, bytes) {
            (true, _) => {
                let (upload, body) = Upload::new();
                (Some(upload), Some(body))
            }
            (false, Some(bytes)) => (None, Some(bytes.into())),
            (false, None) => (None, None),
        };
        let mut table = self.exchanges.lock();
        if table.len() >= limits::FETCHES_PER_ACTION_MAX {
            return Err(HostError::developer(format!(
                "Too many requests are open at once in this action (limit: {}). Read or cancel the bodies of the \
                 responses that you do not need.",
                limits::FETCHES_PER_ACTION_MAX
            )));
        }
        table.insert(head.id, Exchange { upload, download: Download::Awaited });
        drop(table);
        Ok(run(self.client.clone(), self.exchanges.clone(), head, request, body).boxed())
    }

    fn write(&self, number: u32, piece: Bytes) -> BoxFuture<'static, OpResult> {
        let upload = self.exchanges.lock().get(&number).and_then(|exchange| exchange.upload.clone());
        let exchanges = self.exchanges.clone();
        async move {
            if let Some(upload) = upload {
                if upload.write(piece).await {
                    return Ok(OpAnswer::nothing());
                }
                end_upload(&mut exchanges.lock(), number);
            }
            Ok(OpAnswer::text("stop"))
        }
        .boxed()
    }

    fn end(&self, number: u32) -> BoxFuture<'static, OpResult> {
        let upload = end_upload(&mut self.exchanges.lock(), number);
        async move {
            if let Some(upload) = upload {
                upload.finish().await;
            }
            Ok(OpAnswer::nothing())
        }
        .boxed()
    }

    fn read(&self, number: u32) -> BoxFuture<'static, OpResult> {
        let download = self.exchanges.lock().get_mut(&number).map(|exchange| exchange.download.take());
        let exchanges = self.exchanges.clone();
        async move {
            let Some(Download::Body(mut body)) = download else { return Ok(OpAnswer::nothing()) };
            let piece = exchange::next_piece(&mut body).await;
            let mut table = exchanges.lock();
            match piece {
                Ok(Some(piece)) => {
                    // Gone when the request was cancelled meanwhile; the body ends with this function then.
                    if let Some(exchange) = table.get_mut(&number) {
                        exchange.download = Download::Body(body);
                    }
                    Ok(OpAnswer::bytes(piece))
                }
                Ok(None) => {
                    finish(&mut table, number);
                    Ok(OpAnswer::nothing())
                }
                Err(error) => {
                    table.remove(&number);
                    Err(client::failure("The body of the response could not be received", &error))
                }
            }
        }
        .boxed()
    }

    fn cancel(&self, number: u32) -> BoxFuture<'static, OpResult> {
        self.exchanges.lock().remove(&number);
        ready(Ok(OpAnswer::nothing())).boxed()
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        self.exchanges.lock().clear();
    }
}

/// Sends a request and waits for the head of its response.
async fn run(
    client: FetchClient,
    exchanges: Exchanges,
    head: Head,
    request: reqwest::Request,
    body: Option<reqwest::Body>,
) -> OpResult {
    let (number, url) = (head.id, head.url);
    let response = match client.send(request, body, &url).await {
        Ok(response) => response,
        Err(error) => {
            exchanges.lock().remove(&number);
            return Err(error);
        }
    };
    let answer = Answer::of(&response, &head.method);
    let mut table = exchanges.lock();
    if answer.body {
        if let Some(exchange) = table.get_mut(&number) {
            exchange.download = Download::Body(Box::new(response));
        }
    } else {
        finish(&mut table, number);
    }
    Ok(OpAnswer::text(answer.json()))
}

/// The request needs nothing more; the response may still be on its way.
fn end_upload(table: &mut HashMap<u32, Exchange>, number: u32) -> Option<Upload> {
    let exchange = table.get_mut(&number)?;
    let upload = exchange.upload.take();
    if matches!(exchange.download, Download::Over) {
        table.remove(&number);
    }
    upload
}

/// The response is complete; the request may still be on its way.
fn finish(table: &mut HashMap<u32, Exchange>, number: u32) {
    match table.get_mut(&number) {
        Some(exchange) if exchange.upload.is_some() => exchange.download = Download::Over,
        _ => drop(table.remove(&number)),
    }
}

fn unknown(name: &str) -> BoxFuture<'static, OpResult> {
    ready(Err(HostError::developer(format!("Unknown operation {name}")))).boxed()
}

#[cfg(test)]
mod tests;
