//! `Intl` against Node.js, which holds ICU with all of its data: the same grid of locales, options and values runs in
//! both, and must give the same JSON.
//!
//! Each file under `tests/intl` is a generator of `[name, function]`. A case that throws counts as the name and text of
//! the error. What is known to differ stands in `tests/intl/known.txt` with its reason; an entry that nothing needs any
//! more fails.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::testing::*;
use crate::{Call, CallLimits, Executor, ExecutorOptions};

/// Runs every case of the generator `CASES` and returns `[[name, outcome], …]`.
const RUNNER: &str = "
const outcomes = [];
for (const [name, run] of CASES()) {
  let outcome;
  try {
    outcome = run() ?? null;
  } catch (error) {
    outcome = `threw ${error?.name ?? ''}: ${error?.message ?? String(error)}`;
  }
  outcomes.push([name, outcome]);
}
return outcomes;";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/intl")
}

type Outcomes = Vec<(String, Value)>;

#[track_caller]
fn check(file: &str) {
    let cases = std::fs::read_to_string(folder().join(file)).expect("the cases are readable");
    let body = format!("const CASES = {cases};\n{RUNNER}");
    let ours = here(&body);
    let theirs = in_node(&body);
    assert_eq!(ours.len(), theirs.len());
    let known = known_differences(file);
    let mut used = vec![0; known.len()];
    let mut wrong = Vec::new();
    let mut agree = 0;
    for ((name, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        let theirs = &mended(name, theirs);
        if ours == theirs {
            agree += 1;
        } else if let Some(entry) = known.iter().position(|pattern| matches(pattern, name)) {
            used[entry] += 1;
        } else {
            wrong.push(format!("{name}\n  here    {ours}\n  Node.js {theirs}"));
        }
    }
    let idle = known.iter().zip(&used).filter(|(_, count)| **count == 0);
    wrong.extend(idle.map(|(pattern, _)| format!("{pattern}: listed as a difference, and nothing differs")));
    println!("{file}: {agree} of {} cases agree with Node.js", ours.len());
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

/// CLDR 48.0, which Node.js has, says AM and PM in Korean; later ones say what Koreans say.
fn mended(name: &str, theirs: &Value) -> Value {
    if !name.split(' ').any(|word| word == "ko") {
        return theirs.clone();
    }
    let text = theirs.to_string().replace("AM", "오전").replace("PM", "오후");
    serde_json::from_str(&text).expect("it was JSON before")
}

/// Names of cases, in which `*` stands for anything.
fn known_differences(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder().join("known.txt")).expect("the list is readable");
    let mut section = "";
    let mut patterns = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            section = name.trim();
        } else if section == file && !line.is_empty() && !line.starts_with('#') {
            patterns.push(line.to_owned());
        }
    }
    patterns
}

fn matches(pattern: &str, name: &str) -> bool {
    let mut rest = name;
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(place) = rest.find(piece) else { return false };
        rest = &rest[place + piece.len()..];
    }
    rest.ends_with(last)
}

fn here(body: &str) -> Outcomes {
    let bundle = bundle(&format!("export const f = query(async () => {{ {body} }});"));
    let limits = CallLimits { user_time: Duration::from_secs(300), ..CallLimits::default() };
    let call = Call { limits, ..call("f") };
    let completion = Executor::new(ExecutorOptions::default()).run(&bundle, &call, &mut TestHost::echo());
    let json = completion.unwrap_or_else(|error| panic!("{error}")).result_json;
    serde_json::from_str(&json).expect("outcomes are pairs")
}

fn in_node(body: &str) -> Outcomes {
    let script = format!("(async () => {{ {body} }})().then((it) => process.stdout.write(JSON.stringify(it)));");
    let (process, thread) = (std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(format!("intl-{process}-{thread:?}.cjs"));
    std::fs::write(&path, script).expect("the temporary directory is writable");
    let output = Command::new("node")
        .arg("--no-warnings")
        .arg(&path)
        .env("TZ", "UTC")
        .env("LANG", "en_US.UTF-8")
        .env("LC_ALL", "en_US.UTF-8")
        .output()
        .expect("Node.js is installed");
    let _ = std::fs::remove_file(&path);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("outcomes are pairs")
}

#[test]
fn numbers_are_formatted_as_in_node() {
    check("numbers.js");
}

#[test]
fn units_and_currencies_are_formatted_as_in_node() {
    check("units.js");
}

#[test]
fn ranges_of_numbers_are_formatted_as_in_node() {
    check("number-ranges.js");
}

#[test]
fn dates_are_formatted_as_in_node() {
    check("dates.js");
}

#[test]
fn time_zones_are_those_of_node() {
    check("zones.js");
}

#[test]
fn ranges_of_dates_are_formatted_as_in_node() {
    check("date-ranges.js");
}

#[test]
fn languages_are_treated_as_in_node() {
    check("language.js");
}

#[test]
fn the_surface_of_intl_is_that_of_node() {
    check("surface.js");
}
