//! The web platform against Node.js: the same cases run in both, and must give the same JSON.
//!
//! Each file under `tests/web` is an object of named asynchronous functions. A case that throws counts as the name
//! of what it threw; texts of errors are free.

use std::path::PathBuf;
use std::process::Command;

use crate::testing::*;

/// Runs every case of the object `CASES` and returns `[[name, outcome], …]`.
const RUNNER: &str = "
const outcomes = [];
for (const [name, run] of Object.entries(CASES)) {
  try {
    outcomes.push([name, (await run()) ?? null]);
  } catch (error) {
    outcomes.push([name, `threw ${error?.name ?? String(error)}`]);
  }
}
return outcomes;";

type Outcomes = Vec<(String, serde_json::Value)>;

/// Where our side of the cases runs.
#[derive(Clone, Copy)]
enum Here {
    Query,
    Action,
}

#[track_caller]
fn check(file: &str) {
    compare(file, Here::Query);
}

#[track_caller]
fn compare(file: &str, here: Here) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/web").join(file);
    let cases = std::fs::read_to_string(path).expect("the cases are readable");
    let body = format!("const CASES = {cases};\n{RUNNER}");
    let ours = match here {
        Here::Query => eval(&body),
        Here::Action => eval_in_action(&body),
    };
    let ours: Outcomes = serde_json::from_str(&ours).expect("outcomes are pairs");
    let theirs = in_node(&body);
    assert_eq!(ours.len(), theirs.len());
    let different: Vec<String> = ours
        .iter()
        .zip(&theirs)
        .filter(|(ours, theirs)| ours != theirs)
        .map(|((name, ours), (_, theirs))| format!("{name}\n  here    {ours}\n  Node.js {theirs}"))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

fn in_node(body: &str) -> Outcomes {
    let script = format!("(async () => {{ {body} }})().then((it) => process.stdout.write(JSON.stringify(it)));");
    let output = Command::new("node")
        .args(["--no-warnings", "--input-type=commonjs", "--eval", &script])
        .output()
        .expect("Node.js is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("outcomes are pairs")
}

#[test]
fn readable_streams_behave_as_in_node() {
    check("readable.js");
}

#[test]
fn byte_streams_behave_as_in_node() {
    check("bytes.js");
}

#[test]
fn writable_and_transform_streams_behave_as_in_node() {
    check("writable.js");
}

#[test]
fn requests_responses_and_forms_behave_as_in_node() {
    check("http.js");
}

#[test]
fn encodings_behave_as_in_node() {
    check("encoding.js");
}

#[test]
fn urls_behave_as_in_node() {
    check("url.js");
}

#[test]
fn events_behave_as_in_node() {
    check("events.js");
}

#[test]
fn classes_have_the_shapes_of_those_in_node() {
    check("shapes.js");
}

#[test]
fn text_is_decoded_and_encoded_as_in_node() {
    check("decoding.js");
}

#[test]
fn values_are_cloned_as_in_node() {
    check("clone.js");
}

#[test]
fn forms_and_files_behave_as_in_node() {
    compare("forms.js", Here::Action);
}

// Sources, sinks and transforms of all kinds, put together by chance: each must be asked for the same, in the same order.
#[test]
fn streams_flow_in_the_order_of_those_in_node() {
    check("flows.js");
}

#[test]
fn performance_behaves_as_in_node() {
    check("performance.js");
}

#[test]
fn signals_and_listeners_take_their_turns_as_in_node() {
    check("signals.js");
}

// URLs, their parts, queries and byte streams put together by chance.
#[test]
fn chance_finds_no_difference_to_node() {
    check("chance.js");
}

#[test]
fn dates_behave_as_in_node() {
    check("date.js");
}

#[test]
fn built_in_objects_behave_as_in_node() {
    check("builtins.js");
}
