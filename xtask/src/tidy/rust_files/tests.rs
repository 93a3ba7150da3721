//! What is too long, headless or dead is found, and nothing else.

use super::*;

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

fn places(files: &[SourceFile]) -> Vec<String> {
    check(files).into_iter().map(|finding| format!("{}: {}", finding.place, finding.text)).collect()
}

#[test]
fn a_short_file_with_a_header_is_fine() {
    assert!(places(&[file("crates/a/src/lib.rs", "//! A.\n\npub fn one() {\n    two();\n}\n")]).is_empty());
}

#[test]
fn a_file_without_a_header_is_found() {
    assert_eq!(places(&[file("crates/a/src/lib.rs", "fn one() {}\n")]).len(), 1);
}

#[test]
fn a_file_past_the_limit_is_found() {
    let text = format!("//! A.\n{}", "// line\n".repeat(FILE_LINES_MAX));
    assert_eq!(places(&[file("crates/a/src/lib.rs", &text)]).len(), 1);
}

#[test]
fn a_long_function_is_found_where_it_begins() {
    let body = "        step();\n".repeat(FUNCTION_LINES_MAX + 1);
    let text = format!(
        "//! A.\nimpl A {{\n    pub(crate) async fn long(&self) {{\n{body}    }}\n\n    fn short() {{\n    }}\n}}\n"
    );
    assert_eq!(
        places(&[file("crates/a/src/lib.rs", &text)]),
        [format!("crates/a/src/lib.rs:3: long has {} lines", FUNCTION_LINES_MAX + 2)]
    );
}

#[test]
fn a_module_nobody_declares_is_found() {
    let lib = file("crates/a/src/lib.rs", "//! A.\nmod used;\n// mod dead;\n");
    let used = file("crates/a/src/used.rs", "//! Used.\n#[cfg(test)]\nmod tests;\n");
    let tests = file("crates/a/src/used/tests.rs", "//! Tests.\n");
    let dead = file("crates/a/src/dead.rs", "//! Dead.\n");
    assert_eq!(places(&[lib, used, tests, dead]), ["crates/a/src/dead.rs: no parent declares this module"]);
}
