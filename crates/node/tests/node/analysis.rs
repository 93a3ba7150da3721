//! What a push learns about the modules.

use node::{NodeError, Visibility};

use crate::fixture::{Fixture, module};

// isQuery/isMutation/isAction/isPublic/isInternal analysis, default export, both-visibilities skipped
#[tokio::test]
async fn actions_are_listed_with_their_registration() {
    let source = r#""use node";
import { action, internalAction, legacyAction } from "../_deps/library.js";
export const zeta = action(async () => 1, '{"type":"object","value":{}}', '{"type":"null"}');
export const alpha = internalAction(async () => 2);
export default legacyAction(async () => 3);
export const both = Object.assign(action(async () => 4), { isInternal: true });
export const plain = () => 5;
export const constant = 6;
"#;
    let app = Fixture::with(vec![module("dir/app.js", source)], None, |_| {}).await;
    let modules = app.pool.analyze(&app.package, app.environment.clone()).await.unwrap();
    assert_eq!(modules.len(), 1);
    assert_eq!(modules[0].path, "dir/app.js");
    let functions: Vec<_> = modules[0].functions.iter().map(|f| (f.name.as_str(), f.visibility, f.line)).collect();
    let expected = [
        ("zeta", Some(Visibility::Public), Some(3)),
        ("alpha", Some(Visibility::Internal), Some(4)),
        ("default", None, Some(5)),
    ];
    assert_eq!(functions, expected);
    let zeta = &modules[0].functions[0];
    assert_eq!(zeta.args, Some(r#"{"type":"object","value":{}}"#.into()));
    assert_eq!(zeta.returns, Some(r#"{"type":"null"}"#.into()));
    assert_eq!(modules[0].functions[1].returns, Some("null".into()));
}

#[tokio::test]
async fn only_actions_can_be_defined_in_node() {
    let source = "import { query } from './_deps/library.js';\nexport const list = query(async () => 1);";
    let app = Fixture::with(vec![module("app.js", source)], None, |_| {}).await;
    let error = app.pool.analyze(&app.package, app.environment.clone()).await.unwrap_err();
    let text = "`list` defined in `app.js` is a Query function. Only actions can be defined in Node.js. \
                See https://docs.convex.dev/functions/actions for more details.";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.code(), "InvalidModules");
}

#[tokio::test]
async fn a_module_that_throws_is_named_with_its_frames_and_lines() {
    let source = "console.log('loading');\nthrow new TypeError('no');";
    let app = Fixture::with(vec![module("app.js", source)], None, |_| {}).await;
    let error = app.pool.analyze(&app.package, app.environment.clone()).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("Failed to analyze app.js: Uncaught TypeError: no\n    at convex:/user/app.js:2:7"),
        "{text}"
    );
    let NodeError::Analysis { log_lines, .. } = error else { panic!("{text}") };
    assert_eq!(log_lines[0].messages, ["'loading'"]);
}

#[tokio::test]
async fn missing_packages_and_broken_syntax_are_the_developers_to_see() {
    let cases = [("import 'not-installed';", "not-installed"), ("export const = 1;", "Uncaught SyntaxError: ")];
    for (source, part) in cases {
        let app = Fixture::with(vec![module("app.js", source)], None, |_| {}).await;
        let text = app.pool.analyze(&app.package, app.environment.clone()).await.unwrap_err().to_string();
        assert!(text.contains(part), "{text}");
        assert!(!text.contains(&*app.folder.path().to_string_lossy()), "{text}");
    }
}

#[tokio::test]
async fn the_process_of_an_analysis_stays_for_the_calls() {
    let app = Fixture::new().await;
    let modules = app.pool.analyze(&app.package, app.environment.clone()).await.unwrap();
    assert!(modules[0].functions.iter().any(|function| function.name == "echo"));
    assert_eq!(app.call("echo", "{}").await, "{}");
    assert_eq!(app.pool.usage().processes, 1);
}
