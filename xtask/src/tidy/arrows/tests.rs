//! Arrows that point up or sideways are found.

use super::*;

fn texts(path: &str, manifest: &str) -> Vec<String> {
    let file = SourceFile { path: path.to_owned(), text: manifest.to_owned() };
    check(&[file]).into_iter().map(|finding| finding.text).collect()
}

#[test]
fn a_crate_may_use_what_is_below_it() {
    let manifest =
        "[dependencies]\nvalue.workspace = true\nplatform = { path = \"../platform\" }\nserde.workspace = true\n";
    assert!(texts("crates/storage/Cargo.toml", manifest).is_empty());
}

#[test]
fn a_crate_may_not_use_what_is_above_or_beside_it() {
    let found = texts("crates/js/Cargo.toml", "[dependencies]\ndb.workspace = true\nfunctions.workspace = true\n");
    assert_eq!(found.len(), 2);
}

#[test]
fn development_dependencies_are_free() {
    assert!(texts("crates/value/Cargo.toml", "[dev-dependencies]\nserver.workspace = true\n").is_empty());
}

#[test]
fn a_heavy_dependency_has_one_owner() {
    assert_eq!(
        texts("crates/db/Cargo.toml", "[dependencies]\nfjall.workspace = true\n"),
        ["only storage may name fjall"]
    );
}

#[test]
fn an_unknown_crate_is_drawn_first() {
    assert_eq!(texts("crates/utils/Cargo.toml", "").len(), 1);
}
