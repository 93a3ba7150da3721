//! `cargo xtask tidy`: the part of STYLE.md that a program can check, so that reviewers need not.

mod arrows;
mod rust_files;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{program, run_quietly};
use crate::places;

/// One thing to mend. A warning is printed and does not fail the check.
pub struct Finding {
    pub place: String,
    pub text: String,
    pub severity: Severity,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

impl Finding {
    fn error(place: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding { place: place.into(), text: text.into(), severity: Severity::Error }
    }

    fn warning(place: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding { place: place.into(), text: text.into(), severity: Severity::Warning }
    }
}

/// A text file of the repository.
pub struct SourceFile {
    /// Relative to the root, with `/`.
    pub path: String,
    pub text: String,
}

pub fn run() -> Result<()> {
    let files = source_files()?;
    let mut findings = arrows::check(&files);
    findings.extend(rust_files::check(&files));
    findings.extend(words::check(&files));
    for finding in &findings {
        let kind = if finding.severity == Severity::Error { "error" } else { "warning" };
        println!("{kind}: {}: {}", finding.place, finding.text);
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors > 0 {
        bail!("{errors} things to mend in {} files", files.len());
    }
    println!("{} files are tidy", files.len());
    Ok(())
}

/// Everything git knows or would add, as far as it is text.
fn source_files() -> Result<Vec<SourceFile>> {
    let listed = run_quietly(program("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let mut files = Vec::new();
    for path in listed.lines() {
        let full: PathBuf = places::root().join(path);
        if !full.is_file() {
            continue;
        }
        let bytes = std::fs::read(&full).with_context(|| format!("read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(SourceFile { path: path.to_owned(), text });
        }
    }
    Ok(files)
}

fn extension(path: &str) -> &str {
    Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or("")
}
