//! The shape of Rust files: headers, length, long functions, modules nobody declares.

use super::{Finding, SourceFile, extension};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 80;

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let rust = || files.iter().filter(|file| extension(&file.path) == "rs");
    let mut findings = Vec::new();
    for file in rust() {
        findings.extend(header(file));
        findings.extend(length(file));
        findings.extend(long_functions(file));
        findings.extend(dead_module(file, files));
    }
    findings
}

fn header(file: &SourceFile) -> Option<Finding> {
    // Unit tests are described by the file they belong to.
    if file.path.ends_with("/tests.rs") {
        return None;
    }
    let opens_with_docs = file.text.lines().next().is_some_and(|line| line.starts_with("//!"));
    (!opens_with_docs).then(|| Finding::error(&file.path, "the first line says what lives here, after //!"))
}

fn length(file: &SourceFile) -> Option<Finding> {
    let lines = file.text.lines().count();
    let text = || format!("{lines} lines, more than {FILE_LINES_MAX}: is there a second idea hiding inside?");
    (lines > FILE_LINES_MAX).then(|| Finding::error(&file.path, text()))
}

/// Relies on rustfmt: a function ends at the first closing brace indented like its `fn` line.
fn long_functions(file: &SourceFile) -> Vec<Finding> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut findings = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        let Some(length) = lines[start..].iter().position(|later| *later == end) else {
            continue;
        };
        if length > FUNCTION_LINES_MAX && !line.ends_with('}') && !line.ends_with(';') {
            let place = format!("{}:{}", file.path, start + 1);
            findings.push(Finding::warning(place, format!("{name} has {length} lines")));
        }
    }
    findings
}

fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for word in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe ", "extern \"C\" "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    rest.strip_prefix("fn ")?.split(['(', '<']).next()
}

/// A module that its parent does not declare is never compiled.
fn dead_module(file: &SourceFile, files: &[SourceFile]) -> Option<Finding> {
    let (folder, name) = file.path.strip_suffix(".rs")?.rsplit_once('/')?;
    if matches!(name, "lib" | "main" | "build")
        || folder.ends_with("/bin")
        || folder.ends_with("/examples")
        || folder.contains("fuzz_targets")
    {
        return None;
    }
    let parents = [format!("{folder}.rs"), format!("{folder}/lib.rs"), format!("{folder}/main.rs")];
    let declares = |parent: &SourceFile| {
        parent.text.lines().any(|line| {
            let line = line.trim();
            line.ends_with(&format!("mod {name};")) && !line.starts_with("//")
        })
    };
    let declared = files.iter().any(|parent| parents.contains(&parent.path) && declares(parent));
    (!declared).then(|| Finding::error(&file.path, "no parent declares this module"))
}

#[cfg(test)]
mod tests;
