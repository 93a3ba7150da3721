//! HTTP actions: a request in, a response out, both streaming.
//!
//! The action runs as a task of its own. Its caller gets the response's head when the handler has returned, and the
//! body piece by piece as the client takes it; the action stays alive until its body has ended. What it started and
//! nobody awaited by then ends with it, as in any action.
//!
//! A client that goes away aborts `request.signal` and cancels the stream of the body, as does a body that is too
//! large. Nothing tells then when the body would have ended, so the action goes on until none of its operations is
//! left: whatever was feeding the body and stores what it makes gets to its own end.

mod exchange;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use js::{ActionCall, Step};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Permit;
use super::call::{Limit, timed_out, within_limits};
use super::drive::{Action, Drive};
use super::log::{ActionLog, Ending, Execution, SharedLog};
use super::operations::{Context, Operations};
use crate::deployment::{HttpTarget, ModuleEnvironment};
use crate::execution::CallFailure;
use crate::run::failure_of;
use crate::{
    Caller, Deployment, FunctionError, FunctionKind, FunctionPath, Identity, RequestId, RequestOrigin, Runtime,
    SystemError,
};

pub(super) use exchange::Exchange;
use exchange::parse_length;

/// The module that holds the routes.
const ROUTER: &str = "http.js";

/// A request to an HTTP action.
pub struct HttpRequest {
    pub method: String,
    /// As user code sees it: scheme, host, path and query.
    pub url: String,
    /// What routes are looked up by.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// None when user code sees a body of `null`.
    pub body: Option<RequestBody>,
    pub identity: Identity,
    /// Why the request's credential counts for nothing; told to those who ask for the identity.
    pub identity_error: Option<String>,
    pub request_id: RequestId,
    pub origin: RequestOrigin,
}

/// The bytes of a request, as they arrive. An error's text is what user code sees.
pub type RequestBody = BoxStream<'static, Result<Bytes, String>>;

/// What became of a request.
pub enum HttpOutcome {
    /// The app has no `http.js`.
    NoRouter,
    NoRoute,
    /// The handler failed before it returned a response.
    Failed(FunctionError),
    Response(HttpResponse),
}

/// A response whose head is there.
pub struct HttpResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: ResponseBody,
}

/// The bytes of a response. Dropping it tells the action that the client is gone.
pub enum ResponseBody {
    /// All of it, and its length is the content's.
    Whole(Bytes),
    Stream(ResponseStream),
}

/// The pieces of a body; an error means that the body is broken off.
pub struct ResponseStream {
    pub pieces: mpsc::Receiver<Result<Bytes, Broken>>,
    client: DropGuard,
}

/// The action failed while it was sending its body.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the HTTP action failed while it was sending its response")]
pub struct Broken;

impl ResponseStream {
    /// Tells the action nothing any more when dropped: the client has all of it.
    pub fn complete(self) {
        self.client.disarm();
    }
}

impl Runtime {
    /// Starts the HTTP action for `request` and returns once its response begins. Needs a tokio runtime.
    ///
    /// Errors: `TooManyConcurrentRequests` when too many wait already; trouble of the service.
    pub async fn http_action(&self, request: HttpRequest) -> Result<HttpOutcome, SystemError> {
        let deployment = self.deployment();
        let Some(target) = deployment.route_http(&request.method, &request.path) else {
            let serves = deployment.root().is_some_and(|root| root.has_router() || !root.mount.http_mounts.is_empty());
            return Ok(if serves { HttpOutcome::NoRoute } else { HttpOutcome::NoRouter });
        };
        let permit = self.inner.actions.admission.enter().await?;
        let (sender, receiver) = oneshot::channel();
        // The client may go away while it waits for the head, and the action must learn of it.
        let gone = CancellationToken::new();
        let waiting = gone.clone().drop_guard();
        tokio::spawn(serve(self.clone(), deployment, (request, target), permit, Head { sender, gone }));
        let begun = receiver.await.map_err(|_| SystemError::internal("an HTTP action ended without an answer"))?;
        begun.map(|begun| begun.into_outcome(waiting))
    }
}

/// Where the response's head goes.
struct Head {
    sender: oneshot::Sender<Result<Begun, SystemError>>,
    gone: CancellationToken,
}

/// A response as the action's task hands it over.
enum Begun {
    NoRoute,
    Failed(FunctionError),
    Whole { head: HeadJson, body: Bytes },
    Stream { head: HeadJson, pieces: mpsc::Receiver<Result<Bytes, Broken>> },
}

impl Begun {
    fn into_outcome(self, client: DropGuard) -> HttpOutcome {
        let outcome = match self {
            Begun::Stream { head, pieces } => {
                return HttpOutcome::Response(head.response(ResponseBody::Stream(ResponseStream { pieces, client })));
            }
            Begun::NoRoute => HttpOutcome::NoRoute,
            Begun::Failed(error) => HttpOutcome::Failed(error),
            Begun::Whole { head, body } => HttpOutcome::Response(head.response(ResponseBody::Whole(body))),
        };
        // All of it is here, so the action need not know what becomes of the client.
        client.disarm();
        outcome
    }
}

/// What the platform says of a response.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeadJson {
    header_pairs: Vec<(String, String)>,
    status: u16,
    stream_id: Option<u32>,
}

impl HeadJson {
    /// Keeps a length only if it is the one that the body will have; the others would break the connection's framing.
    fn settle_length(&mut self, bytes: Option<usize>) {
        self.header_pairs.retain(|(name, _)| name != "content-length");
        self.header_pairs.extend(bytes.map(|bytes| ("content-length".to_owned(), bytes.to_string())));
    }

    fn content_length(&self) -> Option<usize> {
        let (_, value) = self.header_pairs.iter().find(|(name, _)| name == "content-length")?;
        parse_length(value)
    }

    fn response(self, body: ResponseBody) -> HttpResponse {
        HttpResponse { status: self.status, headers: self.header_pairs, body }
    }
}

/// Runs one HTTP action to its end.
async fn serve(
    runtime: Runtime,
    deployment: Arc<Deployment>,
    (request, target): (HttpRequest, HttpTarget),
    permit: Permit,
    head: Head,
) {
    let Some(component) = deployment.component(&target.component).cloned() else { return };
    let path = FunctionPath { component: target.component, module: ROUTER.into(), export: "default".into() };
    let log = start_log(&runtime, &request, path.clone());
    // Only the app knows its users.
    let (identity, identity_error) = match path.component.is_empty() {
        true => (request.identity.clone(), request.identity_error.clone()),
        false => (Identity::Anonymous, None),
    };
    let operations = Operations::new(Context {
        runtime: runtime.clone(),
        deployment: deployment.clone(),
        path,
        namespace: component.namespace,
        identity,
        identity_error,
        request_id: request.request_id.clone(),
        origin: Some(Arc::new(request.origin.clone())),
        job: None,
        depth: 0,
        log: log.clone(),
    });
    let exchange = Exchange::new(request.body, head.gone, log.clone());
    let request = Called {
        json: json!({
            "url": request.url,
            "method": request.method,
            "headerPairs": request.headers,
            "streamId": exchange.has_request_body().then_some(1),
            "signal": 1,
        })
        .to_string(),
        path: target.path,
        method: request.method,
    };
    let drive = Drive::new(operations, permit, log.clone(), &component, Some(exchange.clone()));
    let wants_body = request.method != "HEAD";
    let mut serving = Serving { log: log.clone(), exchange, wants_body, sender: Some(head.sender), status: None };
    let ended = within_limits(&runtime, Box::pin(serving.run(drive, request))).await;
    let error = match ended {
        Ok(error) => error,
        Err(Limit::Time(limit)) => Some(timed_out(limit)),
        Err(Limit::Service(error)) => {
            log.lock().finish(Ending { error: Some(error.message.clone()), ..Ending::default() });
            serving.exchange.break_off();
            if let Some(sender) = serving.sender.take() {
                drop(sender.send(Err(error)));
            }
            return;
        }
    };
    serving.finish(error);
}

fn start_log(runtime: &Runtime, request: &HttpRequest, path: FunctionPath) -> SharedLog {
    let execution = Execution {
        kind: FunctionKind::HttpAction,
        environment: ModuleEnvironment::Isolate,
        path,
        identifier: format!("{} {}", request.method, request.path),
        caller: Caller::HttpEndpoint,
        request_id: request.request_id.clone(),
        identity_type: request.identity.log_name(),
    };
    ActionLog::start(runtime.clone(), execution)
}

/// What the router is asked.
struct Called {
    json: String,
    path: String,
    method: String,
}

/// The task's side of a request.
struct Serving {
    log: SharedLog,
    exchange: Arc<Exchange>,
    /// Whether the method is one whose response has a body.
    wants_body: bool,
    /// None once the head was sent.
    sender: Option<oneshot::Sender<Result<Begun, SystemError>>>,
    status: Option<u16>,
}

/// What a step of an HTTP action came to.
enum Stepped {
    Waiting,
    /// The head's JSON text.
    Head(String),
    Failed(FunctionError),
    NoRoute,
}

impl Serving {
    /// Returns the failure of the handler or of its body, if there was one.
    async fn run(&mut self, mut drive: Drive, request: Called) -> Result<Option<FunctionError>, SystemError> {
        let mut stepped = drive.step(move |action| begin(action, &request)).await??;
        loop {
            match stepped {
                Stepped::Waiting => {}
                Stepped::NoRoute => {
                    self.begin(Begun::NoRoute);
                    return Ok(None);
                }
                Stepped::Failed(error) => return Ok(Some(error)),
                Stepped::Head(json) => self.head(&json)?,
            }
            if self.sender.is_none() && self.is_over(&drive) {
                drive.warn_of_dangling();
                drive.nudge();
                return Ok(None);
            }
            let Some(answers) = drive.answers().await else { return Ok(None) };
            stepped = drive
                .step(move |action| {
                    let step = action.resume(answers);
                    settle(action, step)
                })
                .await??;
        }
    }

    /// Whether the action has nothing more to do, now that its head is sent.
    fn is_over(&self, drive: &Drive) -> bool {
        let is_idle = || drive.pending().all(|name| self.exchange.may_wait_for_ever(name));
        self.exchange.has_ended() || (self.exchange.is_unwanted() && is_idle())
    }

    /// Hands the head over, with the body if all of it is there.
    fn head(&mut self, json: &str) -> Result<(), SystemError> {
        let mut head: HeadJson = serde_json::from_str(json).map_err(SystemError::internal)?;
        self.status = Some(head.status);
        let begun = if head.stream_id.is_some() {
            head.settle_length(self.exchange.promised_bytes());
            if !self.wants_body {
                self.exchange.stop();
            }
            Begun::Stream { head, pieces: self.exchange.take_pieces() }
        } else {
            let body = self.exchange.take_whole();
            // The answer to HEAD may tell the length of a body that is not there.
            let told = head.content_length().filter(|_| !self.wants_body && body.is_empty());
            head.settle_length(told);
            Begun::Whole { head, body }
        };
        self.begin(begun);
        Ok(())
    }

    fn begin(&mut self, begun: Begun) {
        if let Some(sender) = self.sender.take() {
            drop(sender.send(Ok(begun)));
        }
    }

    fn finish(mut self, error: Option<FunctionError>) {
        if let Some(error) = &error
            && self.sender.is_none()
        {
            self.log.lock().system(
                "WARN",
                "error:httpAction",
                format!("The response was broken off: {}", error.detail),
            );
            self.exchange.break_off();
        }
        if self.exchange.client_is_gone() {
            let text = "The client disconnected before it had received all of the response.";
            self.log.lock().system("INFO", "info:httpActionClientDisconnect", text.into());
        }
        let status = self.status.unwrap_or(if error.is_some() { 500 } else { 404 });
        let ending = Ending {
            error: error.as_ref().map(|error| error.detail.clone()),
            return_bytes: Some(self.exchange.sent_bytes()),
            http_status: Some(status),
        };
        self.log.lock().finish(ending);
        if let Some(error) = error {
            self.begin(Begun::Failed(error));
        }
    }
}

fn begin(action: &mut Action, request: &Called) -> Result<Stepped, SystemError> {
    let call = ActionCall::Http { path: &request.path, method: &request.method, request_json: &request.json };
    let step = action.start(&call);
    if let Some(route) = action.heap.route() {
        action.host.log.lock().identify(format!("{} {route}", request.method));
    }
    settle(action, step)
}

fn settle(action: &Action, step: Step) -> Result<Stepped, SystemError> {
    match step {
        Step::Waiting => Ok(Stepped::Waiting),
        Step::Done(completion) => Ok(Stepped::Head(completion.result_json)),
        Step::NoRoute => Ok(Stepped::NoRoute),
        Step::Failed(error) => match failure_of(&action.host.operations.context().path, error) {
            CallFailure::Function(error) => Ok(Stepped::Failed(error)),
            CallFailure::System(error) => Err(error),
        },
    }
}
