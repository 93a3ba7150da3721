//! Modules: what they may import and do while they are evaluated, and the phases of a push.

use std::sync::Arc;

use crate::testing::*;
use crate::{Bundle, Executor, ExecutorOptions, JsError, Phase};

fn run_main(modules: Vec<crate::ModuleSource>) -> Result<String, JsError> {
    let bundle = Arc::new(Bundle::compile(modules).unwrap());
    Executor::new(ExecutorOptions::default())
        .run(&bundle, &call("f"), &mut TestHost::echo())
        .map(|done| done.result_json)
}

fn failing_import(source: &str) -> String {
    let source = format!("import {{ query }} from './_deps/lib.js';\n{source}\nexport const f = query(async () => 1);");
    run_main(vec![module("main.js", &source), module("_deps/lib.js", LIBRARY)]).unwrap_err().to_string()
}

// Checklist: missing module import error.
#[test]
fn a_missing_import_has_its_text() {
    assert_eq!(
        failing_import("import './_deps/GONE.js';"),
        "Couldn't find JavaScript module '_deps/GONE.js'. Did you forget to run `npx convex dev`?"
    );
    assert_eq!(
        failing_import("import 'left-pad';"),
        "Couldn't find JavaScript module 'left-pad'. Did you forget to run `npx convex dev`?"
    );
    assert!(failing_import("import { nothing } from './_deps/lib.js';").starts_with("Uncaught SyntaxError"));
}

// Checklist: top-level await, import.meta, dynamic import errors.
#[test]
fn what_modules_may_not_do_is_refused() {
    assert_eq!(failing_import("await null;"), "Top-level awaits in source files are unsupported");
    assert_eq!(failing_import("import.meta.url;"), "Uncaught TypeError: import.meta unsupported");
    assert_eq!(failing_import("if ('dirname' in import.meta) {}"), "Uncaught TypeError: import.meta unsupported");
    let body = "try { await import('./_deps/lib.js'); } catch (e) { return [e.name, e.message]; }";
    assert_eq!(eval(body), r#"["TypeError","dynamic module import unsupported: ./_deps/lib.js"]"#);
    assert!(failing_import("import('./_deps/lib.js');").contains("dynamic module import unsupported"));
}

#[test]
fn a_module_that_throws_fails_the_call_each_time() {
    assert_eq!(failing_import("throw new Error('at import');"), "Uncaught Error: at import");
    let bundle = bundle("Promise.reject(new Error('later')); export const f = query(async () => 1);");
    let executor = Executor::new(ExecutorOptions::default());
    for _ in 0..2 {
        let error = executor.run(&bundle, &call("f"), &mut TestHost::echo()).unwrap_err();
        assert_eq!(error.to_string(), "Uncaught Error: later");
    }
    assert_eq!(executor.idle_images().0, 0);
}

// Checklist: shared chunk in `_deps` evaluated once per context.
#[test]
fn a_shared_chunk_is_evaluated_once() {
    let chunk = "export const log = (globalThis.log ??= []); log.push('chunk');";
    let result = run_main(vec![
        module(
            "main.js",
            "import { log } from './_deps/C.js'; import './dir/other.js'; import { query } from './_deps/lib.js'; export const f = query(async () => log);",
        ),
        module("dir/other.js", "import { log } from '../_deps/C.js'; log.push('other');"),
        module("_deps/C.js", chunk),
        module("_deps/lib.js", LIBRARY),
    ]);
    assert_eq!(result.unwrap(), r#"["chunk","other"]"#);
}

#[test]
fn modules_may_import_each_other_in_circles() {
    let result = run_main(vec![
        module(
            "main.js",
            "import { g } from './b.js'; import { query } from './_deps/lib.js'; export const one = () => 1; export const f = query(async () => g());",
        ),
        module("b.js", "import { one } from './main.js'; export const g = () => one() + 1;"),
        module("_deps/lib.js", LIBRARY),
    ]);
    assert_eq!(result.unwrap(), "2");
}

#[test]
fn operations_at_import_time_are_refused() {
    assert_eq!(
        failing_import("Convex.syscall('1.0/queryStream', '{}');"),
        "Uncaught Error: Can't use database at import time"
    );
    assert_eq!(
        failing_import("Convex.asyncSyscall('1.0/schedule', '{}');"),
        "Uncaught Error: Can't use scheduler at import time"
    );
}

const NAMES: &str = "(ns) => Object.keys(ns).join()";

#[test]
fn a_probe_sees_the_module_s_namespace() {
    let source = "export const a = { isQuery: true }; export default 5; console.log('seen');";
    let mut host = TestHost::echo();
    assert_eq!(evaluate(Phase::Import, source, NAMES, &mut host).unwrap(), "a,default");
    assert_eq!(host.texts(), ["LOG 'seen'"]);
    let json = evaluate(Phase::Import, source, "async (ns) => JSON.stringify(ns.default)", &mut host);
    assert_eq!(json.unwrap(), "5");
    let thrown = evaluate(Phase::Import, source, "(ns) => ns.missing.x", &mut host).unwrap_err();
    assert!(thrown.to_string().starts_with("Uncaught TypeError"), "{thrown}");
    let broken = evaluate(Phase::Import, source, "(ns) => (", &mut host).unwrap_err();
    assert!(broken.to_string().starts_with("Uncaught SyntaxError"), "{broken}");
}

#[test]
fn a_probe_may_ask_where_things_are_defined() {
    let map = include_str!("../../../tests/fixtures/messages.js.map");
    let source = include_str!("../../../tests/fixtures/messages.js");
    let bundle = Bundle::compile(vec![crate::ModuleSource {
        path: "messages.js".to_owned(),
        source: source.to_owned(),
        source_map: Some(map.to_owned()),
    }]);
    let probe = "(ns, tools) => {
      const h = ns.thrower._handler;
      return JSON.stringify(tools.mapPosition(h.fileName, h.lineNumber, h.columnNumber));
    }";
    let options = crate::EvalOptions::new(Phase::Import, 0.0);
    let executor = Executor::new(ExecutorOptions::default());
    let result =
        executor.evaluate(&Arc::new(bundle.unwrap()), "messages.js", probe, options, &mut TestHost::echo()).unwrap();
    let place: serde_json::Value = serde_json::from_str(&result).unwrap();
    assert_eq!(place["file"], "../convex/messages.ts");
    assert_eq!(place["line"], 10);
}

fn forbidden(phase: Phase, source: &str) -> (&'static str, String) {
    match evaluate(phase, source, NAMES, &mut TestHost::echo()) {
        Err(JsError::Forbidden { code, message }) => (code, message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_schema_is_evaluated_alone() {
    assert_eq!(
        forbidden(Phase::Schema, "export default process.env.A;"),
        ("NoEnvironmentVariablesInSchema", "Environment variables unsupported when evaluating schema".to_owned())
    );
    assert_eq!(
        forbidden(Phase::Schema, "import './other.js';"),
        ("NoImportModuleInSchema", "Can't import other.js while evaluating schema".to_owned())
    );
    assert_eq!(forbidden(Phase::Schema, "Convex.syscall('1.0/count', '{}');").0, "NoSyscallInSchema");
    assert_eq!(forbidden(Phase::Schema, "crypto.randomUUID();").0, "NoCryptoRngInSchema");
    let works = "export default [Date.now(), Math.random() < 1];";
    let result = evaluate(Phase::Schema, works, "(ns) => JSON.stringify(ns.default)", &mut TestHost::echo());
    assert_eq!(result.unwrap(), "[1700000000000,true]");
}

// Checklist: auth.config evaluation with env vars; unset variable fails push.
#[test]
fn auth_config_reads_the_environment_and_nothing_else() {
    let mut host = TestHost::echo();
    host.env = vec![("DOMAIN".to_owned(), "https://a.b".to_owned())];
    let source = "export default { domain: process.env.DOMAIN };";
    let result = evaluate(Phase::AuthConfig, source, "(ns) => JSON.stringify(ns.default)", &mut host);
    assert_eq!(result.unwrap(), r#"{"domain":"https://a.b"}"#);
    assert_eq!(
        forbidden(Phase::AuthConfig, source),
        (
            "AuthConfigMissingEnvironmentVariable",
            "Environment variable DOMAIN is used in auth config file but its value was not set".to_owned()
        )
    );
    for code in ["Date.now()", "Math.random()", "crypto.randomUUID()"] {
        let error = evaluate(Phase::AuthConfig, code, NAMES, &mut host).unwrap_err();
        assert!(error.to_string().contains("unsupported when evaluating auth config file"), "{error}");
    }
}

#[test]
fn definitions_have_no_time_or_randomness() {
    for code in ["Date.now()", "new Date()", "Math.random()"] {
        let error = evaluate(Phase::Definition, code, NAMES, &mut TestHost::echo()).unwrap_err();
        assert!(error.to_string().contains("unsupported when evaluating app definition"), "{error}");
    }
}

#[test]
fn endless_modules_time_out() {
    let bundle = Arc::new(Bundle::compile(vec![module("main.js", "for (;;) {}")]).unwrap());
    let options = crate::EvalOptions {
        user_time: std::time::Duration::from_millis(50),
        ..crate::EvalOptions::new(Phase::Import, 0.0)
    };
    let outcome =
        Executor::new(ExecutorOptions::default()).evaluate(&bundle, "main.js", NAMES, options, &mut TestHost::echo());
    assert!(matches!(outcome, Err(JsError::Timeout { .. })));
}
