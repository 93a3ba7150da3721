//! The state of one running call, as its host functions see it. Lives on the stack of `Executor`, never in the
//! JavaScript heap.

use std::any::Any;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

use crate::action::{ActionHost, ActionState, AsHost, Op, OpId};
use crate::arena::os::thread_cpu_time;
use crate::bundle::Bundle;
use crate::call::{Observed, Phase, Usage};
use crate::engine::Value;
use crate::host::{ConsoleLevel, Host, HostError, HostErrorKind};

/// What the running code is allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Making an image, or analysing modules at push.
    Import,
    Query,
    Mutation,
    Action,
    Schema,
    AuthConfig,
    Definition,
}

impl From<Phase> for Mode {
    fn from(phase: Phase) -> Mode {
        match phase {
            Phase::Import => Mode::Import,
            Phase::Schema => Mode::Schema,
            Phase::AuthConfig => Mode::AuthConfig,
            Phase::Definition => Mode::Definition,
        }
    }
}

/// Why a call must end whatever its code does.
pub(crate) enum Stop {
    Timeout,
    Memory,
    System(HostError),
    /// A developer error that may not be caught.
    Fatal(String),
    /// The host panicked; the panic goes on once JavaScript has been left.
    Panic(Box<dyn Any + Send>),
}

/// A breach of the rules of a phase: its stable code and text.
pub(crate) type Violation = (&'static str, String);

/// Whom a call asks.
enum HostRef<'h> {
    Call(&'h mut dyn Host),
    Action(&'h mut dyn ActionHost),
}

/// One running call.
pub(crate) struct Active<'h> {
    host: HostRef<'h>,
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) mode: Mode,
    unix_ms: f64,
    seed: [u8; 32],
    rng: Option<ChaCha12Rng>,
    pub(crate) observed: Observed,
    user_time_max: Duration,
    started: Instant,
    /// What elapsed times shown to user code count from.
    epoch: Instant,
    host_time: Duration,
    cpu_at_start: Duration,
    pub(crate) stop: Option<Stop>,
    pub(crate) violation: Option<Violation>,
    /// Text of a failed import, which is reported without a stack.
    pub(crate) import_failure: Option<String>,
    /// Whether the modules of an image are being linked; imports at any other time are dynamic ones.
    pub(crate) linking: bool,
    /// Prototype that makes every use of `import.meta` fail.
    pub(crate) import_meta_guard: Option<Value>,
    /// Rejected promises nobody handled so far, with their reasons; both handles are owned.
    pub(crate) rejections: Vec<(Value, Value)>,
    /// Console lines kept instead of being handed to the host.
    pub(crate) kept_lines: Option<Vec<(ConsoleLevel, Vec<String>)>>,
    /// What an action keeps from step to step.
    pub(crate) action: Option<Box<ActionState>>,
}

/// The frame of a call: its clock, seed and rules.
pub(crate) struct Frame {
    pub(crate) mode: Mode,
    pub(crate) unix_ms: f64,
    pub(crate) seed: [u8; 32],
    pub(crate) user_time: Duration,
}

impl<'h> Active<'h> {
    pub(crate) fn new(host: &'h mut dyn Host, bundle: Arc<Bundle>, frame: Frame) -> Active<'h> {
        Active::with(HostRef::Call(host), bundle, frame)
    }

    pub(crate) fn for_action(host: &'h mut dyn ActionHost, bundle: Arc<Bundle>, frame: Frame) -> Active<'h> {
        Active::with(HostRef::Action(host), bundle, frame)
    }

    fn with(host: HostRef<'h>, bundle: Arc<Bundle>, frame: Frame) -> Active<'h> {
        let started = Instant::now();
        Active {
            host,
            bundle,
            mode: frame.mode,
            unix_ms: frame.unix_ms,
            seed: frame.seed,
            rng: None,
            observed: Observed::default(),
            user_time_max: frame.user_time,
            started,
            epoch: started,
            host_time: Duration::ZERO,
            cpu_at_start: thread_cpu_time(),
            stop: None,
            violation: None,
            import_failure: None,
            linking: false,
            import_meta_guard: None,
            rejections: Vec::new(),
            kept_lines: None,
            action: None,
        }
    }

    /// Whether this is an action, or the import before it.
    pub(crate) fn is_action(&self) -> bool {
        matches!(self.host, HostRef::Action(_))
    }

    /// Time spent outside the host so far.
    pub(crate) fn user_time(&self) -> Duration {
        self.started.elapsed().saturating_sub(self.host_time)
    }

    pub(crate) fn user_time_max(&self) -> Duration {
        self.user_time_max
    }

    /// Whether the time limit is passed. Being preempted by other threads does not count: the thread's own
    /// processor time must be used up as well.
    pub(crate) fn out_of_time(&self) -> bool {
        self.user_time() > self.user_time_max
            && thread_cpu_time().saturating_sub(self.cpu_at_start) >= self.user_time_max.mul_f64(0.9)
    }

    /// What the call used so far.
    pub(crate) fn usage(&self, heap_bytes: usize) -> Usage {
        Usage { user_time: self.user_time(), observed: self.observed, heap_bytes }
    }

    /// Tells the host that the call has ended.
    pub(crate) fn ended(&mut self, usage: Usage) {
        self.with_host(|host| host.ended(usage));
    }

    /// Runs `work` with the host, off the user's clock. `None` after a panic, which is kept in `stop`.
    fn with_host<T>(&mut self, work: impl FnOnce(&mut dyn Host) -> T) -> Option<T> {
        let entered = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| match &mut self.host {
            HostRef::Call(host) => work(&mut **host),
            HostRef::Action(host) => work(&mut AsHost(&mut **host)),
        }));
        self.host_time += entered.elapsed();
        result.map_err(|panic| self.stop = Some(Stop::Panic(panic))).ok()
    }

    /// The same for what only actions ask.
    fn with_action_host<T>(&mut self, work: impl FnOnce(&mut dyn ActionHost) -> T) -> Option<T> {
        let HostRef::Action(host) = &mut self.host else { return None };
        let entered = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut **host)));
        self.host_time += entered.elapsed();
        result.map_err(|panic| self.stop = Some(Stop::Panic(panic))).ok()
    }

    /// Hands an operation to the host. `Err(None)` means that the call must end.
    pub(crate) fn begin_operation(&mut self, id: OpId, op: Op) -> Result<(), Option<HostError>> {
        if self.stop.is_some() {
            return Err(None);
        }
        match self.with_action_host(|host| host.start(id, op)) {
            None => Err(None),
            Some(Ok(())) => Ok(()),
            Some(Err(error)) if error.kind == HostErrorKind::System => {
                self.stop = Some(Stop::System(error));
                Err(None)
            }
            Some(Err(error)) => Err(Some(error)),
        }
    }

    pub(crate) fn cancel_operation(&mut self, id: OpId) {
        self.with_action_host(|host| host.cancel(id));
    }

    /// Goes on with a generator that was kept.
    pub(crate) fn resume_random(&mut self, rng: Option<ChaCha12Rng>) {
        self.rng = rng;
    }

    pub(crate) fn suspend_random(&mut self) -> Option<ChaCha12Rng> {
        self.rng.take()
    }

    /// Lets elapsed times count from an earlier moment.
    pub(crate) fn count_from(&mut self, epoch: Instant) {
        self.epoch = epoch;
    }

    /// Adds work done on the user's behalf outside JavaScript to the time that is not counted.
    pub(crate) fn off_the_clock<T>(&mut self, work: impl FnOnce(&Bundle) -> T) -> T {
        let entered = Instant::now();
        let result = work(&self.bundle);
        self.host_time += entered.elapsed();
        result
    }

    /// Runs an operation. `Err(None)` means that the call must end.
    pub(crate) fn syscall(&mut self, kind: Syscall, name: &str, args: &str) -> Result<String, Option<HostError>> {
        self.check_syscall(name, args)?;
        let outcome = self.with_host(|host| match kind {
            Syscall::Sync => host.syscall(name, args),
            Syscall::Async => host.async_syscall(name, args),
        });
        match outcome {
            None => Err(None),
            Some(Ok(result)) => Ok(result),
            Some(Err(error)) if error.kind == HostErrorKind::System => {
                self.stop = Some(Stop::System(error));
                Err(None)
            }
            Some(Err(error)) => Err(Some(error)),
        }
    }

    /// Refuses what no host needs to see.
    pub(crate) fn check_syscall(&mut self, name: &str, args: &str) -> Result<(), Option<HostError>> {
        if self.stop.is_some() {
            return Err(None);
        }
        self.allow_syscall(name)?;
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(args) {
            return Err(Some(HostError::developer(format!("Received invalid json: {error}"))));
        }
        Ok(())
    }

    fn allow_syscall(&mut self, name: &str) -> Result<(), Option<HostError>> {
        let message = match self.mode {
            Mode::Query | Mode::Mutation | Mode::Action => return Ok(()),
            Mode::Import => format!("Can't use {} at import time", feature_of(name)),
            Mode::Schema => "Convex operations are unsupported when evaluating schema".to_owned(),
            Mode::AuthConfig => "Convex operations are unsupported when evaluating auth config file".to_owned(),
            Mode::Definition => "Convex operations are unsupported when evaluating app definition".to_owned(),
        };
        if self.mode == Mode::Schema {
            self.violation = Some(("NoSyscallInSchema", message.clone()));
        }
        Err(Some(HostError::developer(message)))
    }

    /// Text of the refusal when a module may not be imported in this phase.
    pub(crate) fn refuse_import(&mut self, path: &str) -> Option<String> {
        if self.mode != Mode::Schema {
            return None;
        }
        let message = format!("Can't import {path} while evaluating schema");
        self.violation = Some(("NoImportModuleInSchema", message.clone()));
        Some(message)
    }

    /// Reads an environment variable; `Err` holds the text to throw.
    pub(crate) fn env_var(&mut self, name: &str) -> Result<Option<String>, String> {
        if self.mode == Mode::Schema {
            let message = "Environment variables unsupported when evaluating schema".to_owned();
            self.violation = Some(("NoEnvironmentVariablesInSchema", message.clone()));
            return Err(message);
        }
        let value = self.with_host(|host| host.env_var(name)).flatten();
        if value.is_none() && self.mode == Mode::AuthConfig {
            let message = format!("Environment variable {name} is used in auth config file but its value was not set");
            self.violation = Some(("AuthConfigMissingEnvironmentVariable", message.clone()));
            return Err(message);
        }
        Ok(value)
    }

    pub(crate) fn console(&mut self, level: ConsoleLevel, messages: Vec<String>) {
        match &mut self.kept_lines {
            Some(lines) => lines.push((level, messages)),
            None => {
                self.with_host(|host| host.console(level, messages));
            }
        }
    }

    /// The frozen time; `Err` holds the text to throw.
    pub(crate) fn now(&mut self) -> Result<f64, String> {
        self.allow_nondeterminism("Date")?;
        self.observed.time = true;
        if self.mode == Mode::Action {
            return Ok(self.with_action_host(|host| host.now_ms()).unwrap_or_default().floor());
        }
        Ok(self.unix_ms)
    }

    /// Time of an error or log line that user code cannot see.
    pub(crate) fn since_start_ms(&self) -> f64 {
        self.epoch.elapsed().as_secs_f64() * 1000.0
    }

    /// A random number in [0, 1); `Err` holds the text to throw.
    pub(crate) fn random(&mut self) -> Result<f64, String> {
        self.allow_nondeterminism("Math.random")?;
        Ok((self.rng().next_u64() >> 11) as f64 / (1u64 << 53) as f64)
    }

    /// Fills `bytes` at random; `Err` holds the text to throw.
    pub(crate) fn random_bytes(&mut self, bytes: &mut [u8]) -> Result<(), String> {
        if self.mode == Mode::Schema {
            let message = "Cryptographic randomness unsupported when evaluating schema".to_owned();
            self.violation = Some(("NoCryptoRngInSchema", message.clone()));
            return Err(message);
        }
        self.allow_nondeterminism("crypto")?;
        self.rng().fill_bytes(bytes);
        Ok(())
    }

    fn rng(&mut self) -> &mut ChaCha12Rng {
        self.observed.random = true;
        self.rng.get_or_insert_with(|| ChaCha12Rng::from_seed(self.seed))
    }

    fn allow_nondeterminism(&self, what: &str) -> Result<(), String> {
        match self.mode {
            Mode::AuthConfig => Err(format!("{what} unsupported when evaluating auth config file")),
            Mode::Definition => Err(format!("{what} unsupported when evaluating app definition")),
            Mode::Import | Mode::Query | Mode::Mutation | Mode::Action | Mode::Schema => Ok(()),
        }
    }
}

/// A running call that both Rust and the host functions of its context look at.
///
/// Each access borrows the state for one step only, through the same raw pointer the context holds, so that what
/// JavaScript changes through its host functions is seen by the code that called it.
pub(crate) struct Running<'h>(*mut Active<'h>);

impl<'h> Running<'h> {
    pub(crate) fn new(active: Active<'h>) -> Running<'h> {
        Running(Box::into_raw(Box::new(active)))
    }

    /// The address a context is given.
    pub(crate) fn pointer(&self) -> *mut Active<'h> {
        self.0
    }
}

impl<'h> Deref for Running<'h> {
    type Target = Active<'h>;

    fn deref(&self) -> &Active<'h> {
        // SAFETY: owned since `new`; JavaScript does not run while the reference is in use.
        unsafe { &*self.0 }
    }
}

impl DerefMut for Running<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: as above.
        unsafe { &mut *self.0 }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw` in `new`; the context was told to forget it before.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// How an operation was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syscall {
    Sync,
    Async,
}

/// The name by which a developer knows the feature an operation belongs to.
fn feature_of(syscall: &str) -> &'static str {
    let name = syscall.strip_prefix("1.0/").unwrap_or(syscall);
    if name.starts_with("storage") {
        "storage"
    } else if name.contains("schedule") || name.contains("cancel_job") {
        "scheduler"
    } else if name.starts_with("getUserIdentity") {
        "auth"
    } else if name.starts_with("runUdf") || name.starts_with("actions/") {
        "functions"
    } else {
        "database"
    }
}
