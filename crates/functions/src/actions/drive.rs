//! The task of one action of the default runtime: it starts operations, gathers answers, and steps.

use std::collections::{HashMap, VecDeque};

use futures_util::future::{AbortHandle, BoxFuture, abortable};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use js::{ActionHeap, ActionLimits, Op, OpId, OpResult};

use super::host::StepHost;
use super::http::Exchange;
use super::log::SharedLog;
use super::operations::Operations;
use super::steps::Turn;
use super::{Permit, platform};
use crate::SystemError;
use crate::deployment::ComponentCode;
use crate::fetch::Fetcher;
use crate::limits::{ACTION_ANSWERS_MAX, ACTION_OPERATIONS_RUNNING_MAX};

/// A heap and what its JavaScript sees of the world.
pub(super) struct Action {
    pub heap: ActionHeap,
    pub host: StepHost,
}

/// An action between its steps. Dropping it ends the action and its operations.
pub(super) struct Drive {
    operations: Operations,
    permit: Permit,
    log: SharedLog,
    /// What the next step is.
    turn: Turn,
    /// Away while a step runs.
    action: Option<Box<Action>>,
    exchange: Option<std::sync::Arc<Exchange>>,
    fetcher: Fetcher,
    running: FuturesUnordered<BoxFuture<'static, Ended>>,
    /// Operations that wait for their turn, oldest first.
    queued: VecDeque<(OpId, Op)>,
    aborts: HashMap<OpId, AbortHandle>,
    /// Running operations that count.
    turns: usize,
}

/// An operation that is over; one that was cancelled has no result.
struct Ended {
    id: OpId,
    took_turn: bool,
    result: Option<OpResult>,
}

impl Drive {
    /// Prepares an action of the modules of `component`; `exchange` carries the bodies of an HTTP action.
    pub fn new(
        operations: Operations,
        permit: Permit,
        log: SharedLog,
        component: &ComponentCode,
        exchange: Option<std::sync::Arc<Exchange>>,
    ) -> Drive {
        let runtime = &operations.context().runtime;
        let options = &runtime.options().actions;
        let user_time = options.user_time.min(options.wall_time);
        let limits = ActionLimits { user_time, heap_bytes: options.heap_bytes, ..ActionLimits::default() };
        let mut seed = [0; 32];
        runtime.platform().fill_random(&mut seed);
        let env_generation = component.env_generation(operations.context().deployment.version);
        let heap = ActionHeap::new(component.bundle.clone(), limits, seed)
            .kept_in(runtime.inner.actions.heaps.clone(), env_generation);
        let host = StepHost::new(operations.clone(), log.clone());
        let fetcher = Fetcher::new(runtime.inner.actions.fetch.clone());
        Drive {
            operations,
            permit,
            log,
            turn: Turn::First,
            action: Some(Box::new(Action { heap, host })),
            exchange,
            fetcher,
            running: FuturesUnordered::new(),
            queued: VecDeque::new(),
            aborts: HashMap::new(),
            turns: 0,
        }
    }

    /// Runs `work` on a thread for JavaScript, then starts the operations that came of it.
    pub async fn step<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Action) -> T + Send + 'static,
    ) -> Result<T, SystemError> {
        let Some(mut action) = self.action.take() else { return Err(SystemError::internal("an action is over")) };
        let runtime = &self.operations.context().runtime;
        let turn = std::mem::replace(&mut self.turn, Turn::Further);
        let stepped = runtime.inner.actions.steps.run(runtime.platform(), turn, move || {
            let value = work(&mut action);
            (action, value)
        });
        let (action, value) = stepped.await?;
        self.permit.hold(action.heap.resident_bytes());
        {
            let mut log = self.log.lock();
            log.user_time = action.heap.user_time();
            log.usage.memory_bytes = log.usage.memory_bytes.max(action.heap.resident_bytes() as u64);
            log.stream();
        }
        self.action = Some(action);
        self.begin();
        Ok(value)
    }

    /// Waits for answers and takes all that are there; none once no operation is left that could answer.
    pub async fn answers(&mut self) -> Option<Vec<(OpId, OpResult)>> {
        let mut answers = Vec::new();
        while answers.len() < ACTION_ANSWERS_MAX {
            let ended = match answers.is_empty() {
                true => self.running.next().await,
                false => self.running.next().now_or_never().flatten(),
            };
            let Some(ended) = ended else { break };
            answers.extend(self.end(ended));
        }
        (!answers.is_empty()).then_some(answers)
    }

    /// Names of the operations under way, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        self.action.iter().flat_map(|action| action.heap.pending())
    }

    /// Warns of operations that were started and never awaited.
    pub fn warn_of_dangling(&self) {
        if let Some(action) = &self.action {
            action.warn_of_dangling();
        }
    }

    /// Gives operations that nobody awaits a push; whether they get far is up to them.
    pub fn nudge(&mut self) {
        while let Some(Some(ended)) = self.running.next().now_or_never() {
            self.end(ended);
        }
    }

    fn end(&mut self, ended: Ended) -> Option<(OpId, OpResult)> {
        self.aborts.remove(&ended.id);
        if ended.took_turn {
            self.turns -= 1;
            if let Some((id, op)) = self.queued.pop_front() {
                self.launch(id, op);
            }
        }
        ended.result.map(|result| (ended.id, result))
    }

    /// Starts, or puts in line, what the last step asked for.
    fn begin(&mut self) {
        let Some(action) = &mut self.action else { return };
        let started = std::mem::take(&mut action.host.started);
        let cancelled = std::mem::take(&mut action.host.cancelled);
        for (id, op) in started {
            if cancelled.contains(&id) {
                continue;
            }
            match platform::takes_a_turn(&op.name) && self.turns >= ACTION_OPERATIONS_RUNNING_MAX {
                true => self.queued.push_back((id, op)),
                false => self.launch(id, op),
            }
        }
        for id in cancelled {
            match self.aborts.get(&id) {
                Some(handle) => handle.abort(),
                None => self.queued.retain(|(queued, _)| *queued != id),
            }
        }
    }

    fn launch(&mut self, id: OpId, op: Op) {
        let took_turn = platform::takes_a_turn(&op.name);
        self.turns += usize::from(took_turn);
        let operation = match (&self.exchange, op.name.split_once('/')) {
            (Some(exchange), Some(("http", _))) => exchange.start(op),
            (_, Some(("fetch", _))) => {
                self.log.lock().usage.egress_bytes += op.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                self.fetcher.start(op)
            }
            _ => platform::start(&self.operations, op),
        };
        let (operation, handle) = abortable(operation);
        self.aborts.insert(id, handle);
        self.running.push(operation.map(move |result| Ended { id, took_turn, result: result.ok() }).boxed());
    }
}

impl Action {
    /// Delivers answers and runs what they set in motion.
    pub fn resume(&mut self, answers: Vec<(OpId, OpResult)>) -> js::Step {
        self.host.in_flight = self.heap.pending().count().saturating_sub(answers.len());
        self.heap.resume(answers, &mut self.host)
    }

    /// Begins the call.
    pub fn start(&mut self, call: &js::ActionCall<'_>) -> js::Step {
        self.heap.start(call, &mut self.host)
    }

    /// Warns of operations that were started and never awaited.
    pub fn warn_of_dangling(&self) {
        let names: Vec<&str> = self.heap.pending().filter_map(platform::dangling_name).collect();
        if names.is_empty() {
            return;
        }
        let (count, plural) = (names.len(), if names.len() == 1 { "" } else { "s" });
        let text = format!(
            "{count} unawaited operation{plural}: [{}]. Async operations should be awaited or they might not run. \
             See https://docs.convex.dev/functions/actions#dangling-promises for more information.",
            names.join(", ")
        );
        self.host.log.lock().system("WARN", "UnawaitedOperations", text);
    }
}
