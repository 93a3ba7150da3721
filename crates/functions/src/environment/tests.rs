use serde_json::json;

use super::*;
use crate::deploy::tests::{Backend, Project};
use crate::tests::wait;

fn change(name: &str, value: Option<&str>) -> Change {
    Change { name: name.into(), value: value.map(str::to_owned) }
}

// Environment: validation errors, limits.
#[test]
fn names_and_sizes_are_checked() {
    let backend = Backend::start();
    let code = |changes: Vec<Change>| wait(update(&backend.runtime, changes)).unwrap_err().code;
    assert_eq!(code(vec![change("1A", Some(""))]), "EnvironmentVariableNameInvalid");
    assert_eq!(code(vec![change("a-b", Some(""))]), "EnvironmentVariableNameInvalid");
    assert_eq!(code(vec![change("", Some(""))]), "EnvironmentVariableNameInvalid");
    assert_eq!(code(vec![change(&"A".repeat(257), Some(""))]), "EnvironmentVariableNameTooLong");
    assert_eq!(code(vec![change("A", Some(&"x".repeat(8193)))]), "EnvironmentVariableValueTooLarge");
    assert_eq!(code(vec![change("CONVEX_SITE_URL", Some("x"))]), "EnvVarNameForbidden");
    assert_eq!(code(vec![change("A", Some("1")), change("A", Some("2"))]), "EnvVarNameNotUnique");
    let many =
        |count: usize, bytes: usize| (0..count).map(|n| change(&format!("N{n}"), Some(&"x".repeat(bytes)))).collect();
    assert_eq!(code(many(1001, 1)), "EnvVarLimitMet");
    assert_eq!(code(many(80, 8000)), "EnvVarTotalSizeLimitMet");
    assert!(backend.deployment().env.is_empty());
}

// Reading is reactive: a query that read `process.env.X` is invalidated when X changes.
#[test]
fn functions_see_changes_at_once() {
    let backend = Backend::start();
    let code = "const imported = process.env.FOO ?? 'unset';
        export const env = query(async () => [imported, process.env.FOO ?? 'unset', process.env.CONVEX_CLOUD_URL]);";
    backend.push(&Project::new(code));
    let url = backend.runtime.options().cloud_url.clone();
    assert_eq!(backend.value("app:env", json!({})), json!(["unset", "unset", url]));
    wait(update(&backend.runtime, vec![change("FOO", Some("bar"))])).unwrap();
    assert_eq!(backend.value("app:env", json!({})), json!(["bar", "bar", url]));
    let version = backend.deployment().version;
    wait(update(&backend.runtime, vec![change("FOO", Some("bar")), change("GONE", None)])).unwrap();
    assert_eq!(backend.deployment().version, version, "nothing changed");
    wait(update(&backend.runtime, vec![change("FOO", None)])).unwrap();
    assert_eq!(backend.value("app:env", json!({})), json!(["unset", "unset", url]));
}

#[test]
fn what_is_just_within_the_bounds_is_taken() {
    let backend = Backend::start();
    let longest = "A".repeat(256);
    wait(update(&backend.runtime, vec![change(&longest, Some(&"x".repeat(8192))), change("_1", Some(""))])).unwrap();
    let rest = (0..998).map(|n| change(&format!("N{n}"), Some("x"))).collect();
    wait(update(&backend.runtime, rest)).unwrap();
    assert_eq!(backend.deployment().env.len(), 1000);
    let one_more = wait(update(&backend.runtime, vec![change("MORE", Some("x"))])).unwrap_err();
    assert_eq!(one_more.code, "EnvVarLimitMet");
}

// - [ ] declared required variable missing or wrong at push and at delete
#[test]
fn declared_variables_hold_at_push_and_at_every_change() {
    let backend = Backend::start();
    let definition = r#"export default { export() { return {
        definitionType: { type: "app" }, childComponents: [], httpMounts: {}, exports: { type: "branch", branch: [] },
        envVars: [
            ["MODE", { type: "value", value: '{"type":"union","value":[{"type":"literal","value":"a"},{"type":"literal","value":"b"}]}' }],
            ["NOTE", { type: "value", value: '{"type":"string"}', optional: true }],
        ] }; } };"#;
    let project = Project::new("").definition(definition);
    let refused = |backend: &Backend| {
        let started = backend.start_push(&project).map_err(|error| error.to_string()).unwrap();
        let error = backend.finish(&started).unwrap_err();
        (error.code, error.message)
    };
    let (code, message) = refused(&backend);
    assert_eq!(code, "MissingEnvironmentVariables");
    assert_eq!(
        message,
        "Required environment variables are not set: MODE. Set them in the Convex dashboard or CLI before pushing."
    );
    let set = |name: &str, value: Option<&str>| wait(update(&backend.runtime, vec![change(name, value)]));
    set("MODE", Some("c")).unwrap();
    let (code, message) = refused(&backend);
    assert_eq!(code, "InvalidEnvironmentVariable");
    assert!(message.starts_with("Environment variable MODE does not match its declared validator: "), "{message}");
    set("MODE", Some("a")).unwrap();
    backend.push(&project);
    assert_eq!(set("MODE", Some("c")).unwrap_err().code, "InvalidEnvironmentVariable");
    let removed = set("MODE", None).unwrap_err();
    assert_eq!(removed.code, "RequiredEnvironmentVariable");
    assert_eq!(
        removed.message,
        "Cannot delete required environment variables: MODE. These are declared as required in the app definition."
    );
    set("MODE", Some("b")).unwrap();
    set("NOTE", Some("x")).unwrap();
    set("NOTE", None).unwrap();
}
