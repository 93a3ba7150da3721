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
    let main =
        format!("import {{ action }} from './_deps/lib.js';\nexport const f = action(async () => {{ {body} }});");
    let library = "export const action = (handler) => ({
      isAction: true, isPublic: true, invokeAction: async () => JSON.stringify((await handler()) ?? null),
    });";
    let modules = vec![module("main.js", &main), module("_deps/lib.js", library)];
    let bundle = Arc::new(Bundle::compile(modules).expect("test modules compile"));
    let mut heap = ActionHeap::new(bundle, ActionLimits::default(), [7; 32]);
    let call = ActionCall::Function { module: "main.js", export: "f", args_json: "[{}]" };
    match heap.start(&call, &mut Alone) {
        Step::Done(completion) => completion.result_json,
        other => panic!("not done: {other:?}"),
    }
}

/// The host of an action that asks for nothing.
struct Alone;

impl ActionHost for Alone {
    fn start(&mut self, _id: OpId, op: Op) -> Result<(), HostError> {
        Err(HostError::developer(format!("Unknown operation {}", op.name)))
    }

    fn cancel(&mut self, _id: OpId) {}

    fn syscall(&mut self, name: &str, _args: &str) -> Result<String, HostError> {
        Err(HostError::developer(format!("Unknown operation {name}")))
    }

    fn env_var(&mut self, _name: &str) -> Option<String> {
        None
    }

    fn console(&mut self, _level: ConsoleLevel, _messages: Vec<String>) {}

    fn now_ms(&mut self) -> f64 {
        0.0
    }
}
