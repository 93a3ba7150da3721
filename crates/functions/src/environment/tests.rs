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
