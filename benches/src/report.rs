//! What a benchmark shows: the sketch, a table, the targets, and one line of JSON.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::{Size, machine};

/// The outcome of one benchmark.
#[derive(Debug, Default)]
pub struct Report {
    pub name: &'static str,
    /// What was expected before measuring, one sentence per line.
    pub sketch: Vec<String>,
    pub headings: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    pub targets: Vec<Target>,
    pub notes: Vec<String>,
    pub figures: Map<String, Value>,
}

/// A figure and what it should be.
#[derive(Debug)]
pub struct Target {
    pub what: &'static str,
    pub wanted: String,
    pub measured: String,
    pub met: bool,
}

impl Report {
    pub fn row<const N: usize>(&mut self, cells: [&str; N]) {
        debug_assert_eq!(N, self.headings.len(), "one cell per heading");
        self.rows.push(cells.iter().map(|cell| cell.to_string()).collect());
    }

    /// Adds a figure to the JSON line, rounded to four decimals.
    pub fn figure(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), Value::from((value * 1e4).round() / 1e4));
    }

    /// Adds a target that `value` should not exceed.
    pub fn at_most(&mut self, what: &'static str, value: f64, limit: f64, unit: &str) {
        self.target(what, format!("≤ {limit}{unit}"), format!("{value:.2}{unit}"), value <= limit);
    }

    /// Adds a target that `value` should reach.
    pub fn at_least(&mut self, what: &'static str, value: f64, limit: f64, unit: &str) {
        self.target(what, format!("≥ {limit}{unit}"), format!("{value:.2}{unit}"), value >= limit);
    }

    fn target(&mut self, what: &'static str, wanted: String, measured: String, met: bool) {
        self.targets.push(Target { what, wanted, measured, met });
    }

    /// Prints everything; the JSON object is the last line.
    pub fn print(&self) {
        println!("{}", self.text());
        println!("{}", Value::Object(self.figures.clone()));
    }

    /// Writes `results/NAME.md`.
    pub fn record(&self, size: Size) -> Result<()> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results").join(format!("{}.md", self.name));
        let run = size.pick("quick", "full");
        let mut text = format!("# {}\n\n`cargo xtask bench {}`, a {run} run.\n\n", self.name, self.name);
        for fact in machine::describe() {
            let _ = writeln!(text, "- {fact}");
        }
        let _ = write!(text, "\n{}\n```json\n{}\n```\n", self.text(), Value::Object(self.figures.clone()));
        fs::create_dir_all(path.parent().context("results have a folder")?).context("make the results folder")?;
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (heading, lines) in [("Sketch", &self.sketch), ("Notes", &self.notes)] {
            if !lines.is_empty() {
                let _ = writeln!(text, "{heading}:");
                lines.iter().for_each(|line| text.push_str(&format!("- {line}\n")));
                text.push('\n');
            }
        }
        table(&mut text, &self.headings, &self.rows);
        if !self.targets.is_empty() {
            let rows: Vec<Vec<String>> = self.targets.iter().map(Target::cells).collect();
            text.push('\n');
            table(&mut text, &["target", "wanted", "measured", ""], &rows);
        }
        text
    }
}

impl Target {
    fn cells(&self) -> Vec<String> {
        let verdict = if self.met { "met" } else { "missed" };
        vec![self.what.to_owned(), self.wanted.clone(), self.measured.clone(), verdict.to_owned()]
    }
}

/// Writes a table that reads well both in a terminal and as Markdown.
fn table(text: &mut String, headings: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut line = |cells: &mut dyn Iterator<Item = String>| {
        for (cell, width) in cells.zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
    };
    line(&mut headings.iter().map(|heading| heading.to_string()));
    line(&mut widths.iter().map(|width| "-".repeat(*width)));
    rows.iter().for_each(|row| line(&mut row.iter().cloned()));
}
