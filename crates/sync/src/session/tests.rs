//! Sessions driven by a scripted world: the script decides what runs, when it ends and what time it is.

mod authentication;
mod handshake;
mod liveness;
mod queries;
mod requests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use functions::{ActionResult, CallRequest, FunctionError, MutationRequest, MutationResult, QueryResult, SystemError};
use serde_json::{Value as Json, json};
use value::Timestamp;

use crate::closing::Closing;
use crate::effect::{AuthRequest, Computation, Effect, Input, Moment, Snapshot};
use crate::session::{Session, SessionOptions};

const SESSION_ID: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// A session and everything it has asked of the world.
struct World {
    session: Session,
    now: Moment,
    sent: Vec<Json>,
    mutations: VecDeque<MutationRequest>,
    actions: VecDeque<(u32, CallRequest)>,
    authentications: VecDeque<AuthRequest>,
    computation: Option<Computation>,
    closing: Option<Closing>,
    computed_at: Timestamp,
    /// Whether transitions count as written the moment they are sent.
    writes_at_once: bool,
}

impl World {
    fn new() -> World {
        World::with(SessionOptions { takes_chunks: true, redact: false })
    }

    fn with(options: SessionOptions) -> World {
        let now = Moment { monotonic: Duration::ZERO, unix_ns: 5_000_000_000, latest: Timestamp(100) };
        World {
            session: Session::new(options, &now),
            now,
            sent: Vec::new(),
            mutations: VecDeque::new(),
            actions: VecDeque::new(),
            authentications: VecDeque::new(),
            computation: None,
            closing: None,
            computed_at: Timestamp(100),
            writes_at_once: true,
        }
    }

    /// A session that has said Connect.
    fn connected() -> World {
        let mut world = World::new();
        world.text(connect());
        world
    }

    fn text(&mut self, message: Json) {
        self.input(Input::Text(message.to_string()));
    }

    fn input(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.session.handle(&self.now, input, &mut effects);
        let mut written = 0;
        for effect in effects {
            assert!(self.closing.is_none(), "nothing may follow the close: {effect:?}");
            match effect {
                Effect::Send { text, ends_transition } => {
                    self.sent.push(serde_json::from_str(&text).expect("every message is JSON"));
                    written += usize::from(ends_transition);
                }
                Effect::RunMutation(request) => self.mutations.push_back(*request),
                Effect::RunAction { request, call } => self.actions.push_back((request, *call)),
                Effect::Authenticate(request) => self.authentications.push_back(request),
                Effect::Compute(computation) => {
                    assert!(self.computation.is_none(), "one computation at a time");
                    self.computation = Some(computation);
                }
                Effect::Close(closing) => self.closing = Some(closing),
            }
        }
        if self.writes_at_once {
            (0..written).for_each(|_| self.input(Input::TransitionWritten));
        }
    }

    /// Some result goes stale with the next commit after the last snapshot.
    fn invalidate(&mut self) {
        self.input(Input::Invalidated(self.computed_at.succ()));
    }

    fn advance(&mut self, seconds: f64) {
        let duration = Duration::from_secs_f64(seconds);
        self.now.monotonic += duration;
        self.now.unix_ns += u64::try_from(duration.as_nanos()).expect("a short time");
        self.input(Input::Tick);
    }

    /// Answers the computation that is out; `result` says what each query gives at `ts`.
    fn compute(&mut self, ts: u64, result: impl Fn(u32) -> Arc<QueryResult>) {
        let computation = self.computation.take().expect("a computation was asked for");
        assert!(computation.at_least <= Timestamp(ts), "the snapshot would be too old");
        let results = computation.queries.into_iter().map(|query| (query.id, result(query.id))).collect();
        self.computed_at = Timestamp(ts);
        self.input(Input::Computed(Ok(Snapshot { ts: Timestamp(ts), results })));
    }

    /// The same where every query gives `value`.
    fn compute_all(&mut self, ts: u64, value: &str) {
        self.compute(ts, |_| success(value));
    }

    fn finish_mutation(&mut self, ts: u64, outcome: Result<&str, FunctionError>) {
        let outcome = outcome.map(Arc::from);
        let log_lines = Arc::from(["[LOG] 'hi'".to_owned()]);
        self.input(Input::MutationFinished(Ok(MutationResult { outcome, ts: Timestamp(ts), log_lines })));
    }

    fn finish_action(&mut self, request: u32, outcome: Result<&str, FunctionError>) {
        let outcome = outcome.map(Arc::from);
        let outcome = Ok(ActionResult { outcome, log_lines: Arc::from([]) });
        self.input(Input::ActionFinished { request, outcome });
    }

    fn take_sent(&mut self) -> Vec<Json> {
        std::mem::take(&mut self.sent)
    }

    /// The one message sent since the last look.
    fn take_one(&mut self) -> Json {
        let mut sent = self.take_sent();
        assert_eq!(sent.len(), 1, "exactly one message: {sent:#?}");
        sent.remove(0)
    }

    fn sent_types(&mut self) -> Vec<String> {
        self.take_sent().iter().map(|message| message["type"].as_str().expect("a type").to_owned()).collect()
    }

    /// How the connection ended: the last message's type, close code and reason.
    fn ending(&mut self) -> (Option<String>, Option<u16>, String) {
        let last = self.sent_types().pop();
        let closing = self.closing.clone().expect("the connection was closed");
        (last, closing.code, closing.reason)
    }
}

fn connect() -> Json {
    json!({"type": "Connect", "sessionId": SESSION_ID, "connectionCount": 0, "lastCloseReason": "InitialConnect",
        "clientTs": 4988})
}

fn modify(base: u32, new: u32, modifications: Json) -> Json {
    json!({"type": "ModifyQuerySet", "baseVersion": base, "newVersion": new, "modifications": modifications})
}

fn add(id: u32) -> Json {
    json!({"type": "Add", "queryId": id, "udfPath": "messages:list", "args": [{}]})
}

fn remove(id: u32) -> Json {
    json!({"type": "Remove", "queryId": id})
}

fn mutation(id: u32) -> Json {
    json!({"type": "Mutation", "requestId": id, "udfPath": "messages:send", "args": [{"body": "hi"}]})
}

fn action(id: u32) -> Json {
    json!({"type": "Action", "requestId": id, "udfPath": "messages:fetch", "args": [{}]})
}

fn version(query_set: u32, identity: u32, ts: u64) -> Json {
    json!({"querySet": query_set, "identity": identity, "ts": Timestamp(ts).to_wire()})
}

fn success(value: &str) -> Arc<QueryResult> {
    logged(value, &[])
}

fn logged(value: &str, lines: &[&str]) -> Arc<QueryResult> {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    Arc::new(QueryResult::constant(Ok(Arc::from(value)), Arc::from(lines), None, Timestamp(1)))
}

fn paginated(value: &str, journal: &str) -> Arc<QueryResult> {
    Arc::new(QueryResult::constant(Ok(Arc::from(value)), Arc::from([]), Some(Arc::from(journal)), Timestamp(1)))
}

fn failure(error: FunctionError) -> Arc<QueryResult> {
    Arc::new(QueryResult::constant(Err(error), Arc::from([]), None, Timestamp(1)))
}

fn uncaught(text: &str) -> FunctionError {
    FunctionError::new(format!("Uncaught Error: {text}"))
}

fn convex_error(data: &str) -> FunctionError {
    FunctionError { data: Some(data.to_owned()), ..FunctionError::new("Uncaught ConvexError: oops") }
}

fn system_error(kind: functions::ErrorKind, code: &'static str) -> SystemError {
    SystemError::new(kind, code, "something is wrong")
}
