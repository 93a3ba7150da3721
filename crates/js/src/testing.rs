//! What the tests of this crate share: a host that records, and short ways to compile and call.

use std::sync::Arc;

use crate::{
    ActionCall, ActionHeap, ActionHost, ActionLimits, Bundle, Call, CallLimits, Completion, ConsoleLevel, EvalOptions,
    Executor, ExecutorOptions, Host, HostError, JsError, Kind, ModuleSource, Op, OpId, Phase, Step,
};

type Operation<'a> = Box<dyn FnMut(&str, &str) -> Result<String, HostError> + 'a>;

/// Records console lines and answers operations with a closure.
pub(crate) struct TestHost<'a> {
    pub(crate) lines: Vec<(ConsoleLevel, Vec<String>)>,
    pub(crate) calls: Vec<(String, String)>,
    pub(crate) env: Vec<(String, String)>,
    operation: Operation<'a>,
}

impl TestHost<'_> {
    /// Echoes the arguments of every operation.
    pub(crate) fn echo() -> TestHost<'static> {
        TestHost::answering(|_, args| Ok(args.to_owned()))
    }
}

impl<'a> TestHost<'a> {
    pub(crate) fn answering(operation: impl FnMut(&str, &str) -> Result<String, HostError> + 'a) -> TestHost<'a> {
        TestHost { lines: Vec::new(), calls: Vec::new(), env: Vec::new(), operation: Box::new(operation) }
    }

    /// The texts of all console lines, arguments joined by spaces.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.lines.iter().map(|(level, messages)| format!("{} {}", level.as_str(), messages.join(" "))).collect()
    }
}

impl Host for TestHost<'_> {
    fn syscall(&mut self, name: &str, args: &str) -> Result<String, HostError> {
        self.calls.push((name.to_owned(), args.to_owned()));
        (self.operation)(name, args)
    }

    fn async_syscall(&mut self, name: &str, args: &str) -> Result<String, HostError> {
        self.syscall(name, args)
    }

    fn env_var(&mut self, name: &str) -> Option<String> {
        self.env.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    fn console(&mut self, level: ConsoleLevel, messages: Vec<String>) {
        self.lines.push((level, messages));
    }
}

/// Defines `query` and `mutation` the way the client library does, in a chunk modules import.
pub(crate) const LIBRARY: &str = r#"
const wrap = (flag, invoke) => (handler) => {
  const f = (...args) => handler(...args);
  f[flag] = true;
  f.isPublic = true;
  f.exportArgs = () => '{"type":"any"}';
  f[invoke] = async (text) => {
    const result = await handler({}, ...JSON.parse(text));
    return JSON.stringify(result === undefined ? null : result);
  };
  return f;
};
export const query = wrap("isQuery", "invokeQuery");
export const mutation = wrap("isMutation", "invokeMutation");
export const call = async (name, args) => JSON.parse(await Convex.asyncSyscall(name, JSON.stringify(args)));
"#;

pub(crate) fn module(path: &str, source: &str) -> ModuleSource {
    ModuleSource { path: path.to_owned(), source: source.to_owned(), source_map: None }
}

/// A bundle of `main.js`, which sees `query`, `mutation` and `call`.
pub(crate) fn bundle(source: &str) -> Arc<Bundle> {
    let source = format!("import {{ query, mutation, call }} from './_deps/lib.js';\n{source}");
    let modules = vec![module("main.js", &source), module("_deps/lib.js", LIBRARY)];
    Arc::new(Bundle::compile(modules).expect("test modules compile"))
}

pub(crate) fn call<'a>(export: &'a str) -> Call<'a> {
    Call {
        kind: Kind::Query,
        module: "main.js",
        export,
        args_json: "[{}]",
        seed: [7; 32],
        unix_ms: 1_700_000_000_000.0,
        env_generation: 0,
        limits: CallLimits::default(),
    }
}

/// Runs the query `f` whose body is given and returns the JSON text of its result.
pub(crate) fn eval(body: &str) -> String {
    try_eval(body).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn try_eval(body: &str) -> Result<String, JsError> {
    try_eval_with(body, &mut TestHost::echo()).map(|completion| completion.result_json)
}

pub(crate) fn try_eval_with(body: &str, host: &mut dyn Host) -> Result<Completion, JsError> {
    let bundle = bundle(&format!("export const f = query(async (ctx, args) => {{ {body} }});"));
    // Long suites run on busy machines, too.
    let limits = CallLimits { user_time: std::time::Duration::from_secs(30), ..CallLimits::default() };
    Executor::new(ExecutorOptions::default()).run(&bundle, &Call { limits, ..call("f") }, host)
}

/// Evaluates one module in a phase and probes it.
pub(crate) fn evaluate(phase: Phase, source: &str, probe: &str, host: &mut dyn Host) -> Result<String, JsError> {
    let bundle = Arc::new(Bundle::compile(vec![module("main.js", source), module("other.js", "export const x = 1;")])?);
    let options = EvalOptions::new(phase, 1_700_000_000_000.0);
    Executor::new(ExecutorOptions::default()).evaluate(&bundle, "main.js", probe, options, host)
}

/// Runs an action whose body is given and that starts no operations; returns the JSON text of its result.
pub(crate) fn eval_in_action(body: &str) -> String {
    let mut heap = ActionHeap::new(action_bundle(body), ActionLimits::default(), [7; 32]);
    match heap.start(&ACTION, &mut Recorder::default()) {
        Step::Done(completion) => completion.result_json,
        other => panic!("not done: {other:?}"),
    }
}

/// Defines `action` and `call` the way the client library does.
const ACTION_LIBRARY: &str = r#"
export const action = (handler) => ({
  isAction: true, isPublic: true,
  invokeAction: async (requestId, text) => JSON.stringify((await handler({}, ...JSON.parse(text))) ?? null),
});
export const call = async (name, args) => JSON.parse(await Convex.asyncSyscall(name, JSON.stringify(args)));
"#;

/// The action of [`action_bundle`].
pub(crate) const ACTION: ActionCall<'static> =
    ActionCall::Function { module: "main.js", export: "f", args_json: "[{}]" };

/// A bundle with one action, whose body is given.
pub(crate) fn action_bundle(body: &str) -> Arc<Bundle> {
    action_program(&format!(
        "import {{ action, call }} from './_deps/lib.js';\nexport const f = action(async (ctx, args) => {{ {body} }});"
    ))
}

/// The same for all of `main.js`.
pub(crate) fn action_program(main: &str) -> Arc<Bundle> {
    let modules = vec![
        module("main.js", main),
        module("_deps/lib.js", ACTION_LIBRARY),
        module("extra.js", "export const x = 7;"),
    ];
    Arc::new(Bundle::compile(modules).expect("test modules compile"))
}

/// Keeps the operations that an action has started; answering them is up to the test.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) started: Vec<(OpId, Op)>,
    pub(crate) cancelled: Vec<OpId>,
    pub(crate) lines: Vec<String>,
    pub(crate) now_ms: f64,
}

impl ActionHost for Recorder {
    fn start(&mut self, id: OpId, op: Op) -> Result<(), HostError> {
        if op.name == "refused" {
            return Err(HostError::developer("not now"));
        }
        self.started.push((id, op));
        Ok(())
    }

    fn cancel(&mut self, id: OpId) {
        self.cancelled.push(id);
    }

    fn syscall(&mut self, name: &str, _args: &str) -> Result<String, HostError> {
        Err(HostError::developer(format!("Unknown operation {name}")))
    }

    fn env_var(&mut self, _name: &str) -> Option<String> {
        None
    }

    fn console(&mut self, _level: ConsoleLevel, messages: Vec<String>) {
        self.lines.push(messages.join(" "));
    }

    fn now_ms(&mut self) -> f64 {
        self.now_ms
    }
}
