//! How failures of user code are told.

use node::{FailureKind, NodeError};

use crate::fixture::{Fixture, module};

// non-Error throw (`throw "x"`, `throw {a:1}`)
#[tokio::test]
async fn thrown_values_of_every_kind_have_a_text() {
    let app = Fixture::new().await;
    let boom = app.fail("boom", "{}").await;
    assert_eq!(
        (boom.kind, boom.name.as_str(), boom.message.as_str()),
        (FailureKind::Thrown, "TypeError", "boom\nover two lines")
    );
    let text = boom.text();
    assert!(text.starts_with("Uncaught TypeError: boom\nover two lines\n    at "), "{text}");
    assert_eq!(app.fail("text", "{}").await.text(), "Uncaught just text");
    assert_eq!(app.fail("object", "{}").await.text(), "Uncaught [object Object]");
}

// `ConvexError` with object, string, bigint data reaches client with data
#[tokio::test]
async fn the_data_of_a_convex_error_travels_beside_its_text() {
    let app = Fixture::new().await;
    let error = app.fail("refuse", "{}").await;
    assert_eq!(error.data.as_deref(), Some(r#"{"code":7}"#));
    assert!(error.text().starts_with(r#"Uncaught ConvexError: {"code":7}"#), "{}", error.text());
}

#[tokio::test]
async fn frames_without_a_map_name_the_module_and_nothing_else() {
    let app = Fixture::new().await;
    let error = app.fail("boom", "{}").await;
    assert!(error.frames[0].contains("convex:/user/app.js:"), "{:?}", error.frames);
    assert!(error.frames.iter().all(|frame| frame.contains("convex:/user/")), "{:?}", error.frames);
}

// stack maps to source file and line; internal frames trimmed
#[tokio::test]
async fn frames_are_mapped_to_the_authors_file() {
    let mut mapped = module(
        "app.js",
        "import { action } from './_deps/library.js';\nfunction helper() { throw new Error('mapped'); }\nexport const run = action(async () => helper());\n",
    );
    // Line n column 0 of the module is line n + 10 of the source.
    mapped.source_map =
        Some(r#"{"version":3,"sources":["../convex/app.ts"],"names":[],"mappings":"AAUA;AACA;AACA"}"#.to_owned());
    let app = Fixture::with(vec![mapped], None, |_| {}).await;
    let error = app.fail("run", "{}").await;
    assert_eq!(error.frames[0], "    at helper (../convex/app.ts:12:1)");
    assert!(error.frames[1].contains("../convex/app.ts:13:1"), "{:?}", error.frames);
    assert!(error.text().starts_with("Uncaught Error: mapped\n    at helper (../convex/app.ts:12:1)\n"));
}

// unknown function, wrong type, internal-from-client error texts
#[tokio::test]
async fn unknown_modules_and_functions_are_named() {
    let app = Fixture::new().await;
    let error = app.fail("nothing", "{}").await;
    assert!(error.message.contains("`nothing`"), "{}", error.message);
    let mut request = app.request("echo", "{}");
    request.module = "other.js".to_owned();
    let error = app.pool.execute(request, &app.host).await.unwrap_err();
    assert!(matches!(error, NodeError::ModuleNotFound(_)));
    assert_eq!(
        error.to_string(),
        "Couldn't find JavaScript module 'other.js'. Did you forget to run `npx convex dev`?"
    );
}

#[tokio::test]
async fn a_module_that_cannot_be_loaded_fails_its_calls_and_is_tried_again() {
    let source = "import { action } from './_deps/library.js';\nif (process.env.FAIL) throw new Error('not today');\nexport const run = action(async () => 1);";
    let mut app = Fixture::with(vec![module("app.js", source)], None, |_| {}).await;
    app.environment = crate::fixture::environment(&[("FAIL", "1")]);
    for _ in 0..2 {
        let text = app.fail("run", "{}").await.text();
        assert!(text.starts_with("Uncaught Error: not today\n    at convex:/user/app.js:2:"), "{text}");
        app.pool.processes_at_most(0).await;
    }
}

#[tokio::test]
async fn operations_during_import_are_refused() {
    let source = "import { action } from './_deps/library.js';\nawait Convex.asyncSyscall('1.0/getUserIdentity', '{}');\nexport const run = action(async () => 1);";
    let app = Fixture::with(vec![module("app.js", source)], None, |_| {}).await;
    assert_eq!(app.fail("run", "{}").await.message, "Cannot invoke syscall during module imports");
}
