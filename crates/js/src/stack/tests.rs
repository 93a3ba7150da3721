//! Mapping of single lines, against a bundle with a hand-made source map.

use super::*;
use crate::ModuleSource;

/// Generated line 1 column 0 is line 3 column 4 of `../convex/a.ts`; line 2 comes from the library's internals.
const MAP: &str = r#"{"version":3,"sources":["../convex/a.ts","../../node_modules/convex/src/server/impl/x.ts"],"names":[],"mappings":"AAEI;ACAA"}"#;

fn bundle() -> Bundle {
    let mapped = ModuleSource { path: "a.js".to_owned(), source: String::new(), source_map: Some(MAP.to_owned()) };
    let bare = ModuleSource { path: "b.js".to_owned(), source: String::new(), source_map: None };
    let broken = ModuleSource { path: "c.js".to_owned(), source: String::new(), source_map: Some("{".to_owned()) };
    Bundle::compile(vec![mapped, bare, broken]).unwrap()
}

#[test]
fn frames_without_a_map_are_dropped() {
    let raw = "    at f (convex:/a.js:1:1)\n    at native (native)\n    at g (convex:/b.js:1:1)\n    at h (convex:/c.js:1:1)\n    at i (platform:/x.js:1:1)\n";
    assert_eq!(map_stack(&bundle(), raw), "    at f (../convex/a.ts:3:5)");
}

#[test]
fn anonymous_functions_are_shown_by_place_alone() {
    let raw = "    at <anonymous> (convex:/a.js:1:1)\n    at convex:/a.js:1:9\n";
    assert_eq!(map_stack(&bundle(), raw), "    at ../convex/a.ts:3:5\n    at ../convex/a.ts:3:5");
}

#[test]
fn internal_frames_are_trimmed_at_both_ends_only() {
    let inner = "    at i (convex:/a.js:2:1)\n";
    let outer = "    at f (convex:/a.js:1:1)\n";
    let mapped = map_stack(&bundle(), &format!("{inner}{outer}{inner}{outer}{inner}"));
    assert_eq!(mapped.lines().count(), 3);
    assert!(mapped.lines().nth(1).is_some_and(|line| line.contains("impl/x.ts")));
    assert_eq!(map_stack(&bundle(), inner), "");
}

#[test]
fn names_with_parentheses_survive() {
    let raw = "    at odd (name) (convex:/a.js:1:1)\n";
    assert_eq!(map_stack(&bundle(), raw), "    at odd (name) (../convex/a.ts:3:5)");
}
