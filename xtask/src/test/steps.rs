//! The steps of `cargo xtask test`, cheapest first.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::command::{cargo, program, run, run_quietly, run_within, succeeds};
use crate::{places, tidy, tools};

pub struct Step {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn() -> Result<()>,
}

/// More than the slowest step takes from an empty target directory on two cores.
const STEP_DURATION_MAX: Duration = Duration::from_secs(45 * 60);

pub const STEPS: [Step; 14] = [
    Step { name: "fmt", about: "the code is formatted", run: fmt },
    Step { name: "tidy", about: "the house style", run: tidy::run },
    Step { name: "clippy", about: "no warnings", run: clippy },
    Step { name: "unit", about: "unit and property tests of every crate", run: unit },
    Step { name: "build", about: "the server, as the tests below drive it", run: build },
    Step { name: "e2e", about: "the server from outside, with plain HTTP and the Rust client", run: e2e },
    Step { name: "js", about: "the published JavaScript clients and the sync protocol", run: js },
    Step { name: "cli", about: "the official CLI", run: cli },
    Step { name: "ecosystem", about: "published packages of the ecosystem, deployed and used", run: ecosystem },
    Step { name: "python", about: "the published Python client", run: python },
    Step { name: "s3", about: "stored files in an S3-compatible service", run: s3 },
    Step { name: "kills", about: "a server that is killed again and again", run: kills },
    Step { name: "example", about: "the example typechecks and builds", run: example },
    Step { name: "browser", about: "the example in a browser", run: browser },
];

pub const DOCS: Step = Step { name: "docs", about: "the documentation builds without warnings", run: docs };

fn fmt() -> Result<()> {
    run(&mut cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    run(&mut cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// Runs tests, which may hang where a check or a build cannot.
fn run_tests(command: &mut Command) -> Result<()> {
    run_within(command, STEP_DURATION_MAX)
}

fn unit() -> Result<()> {
    if succeeds("cargo", &["nextest", "--version"]) {
        run_tests(&mut cargo(&[
            "nextest",
            "run",
            "--workspace",
            "--exclude",
            "e2e",
            "--no-fail-fast",
            "--status-level",
            "fail",
        ]))
    } else {
        run_tests(&mut cargo(&["test", "--quiet", "--workspace", "--exclude", "e2e", "--no-fail-fast"]))
    }
}

fn build() -> Result<()> {
    run(&mut cargo(&["build", "--package", "cli"]))
}

fn e2e() -> Result<()> {
    build()?;
    tools::npm_packages("tests")?;
    run_tests(&mut cargo(&["test", "--package", "e2e", "--test", "e2e"]))
}

fn js() -> Result<()> {
    node_tests("tests/js")
}

fn cli() -> Result<()> {
    node_tests("tests/cli")
}

fn ecosystem() -> Result<()> {
    tools::npm_packages("tests/ecosystem")?;
    let python = tools::python(&places::root().join("tests/py/requirements.txt"))?;
    run_tests(node_test_command("tests/ecosystem")?.env("CONCAVE_PYTHON", python))
}

fn kills() -> Result<()> {
    node_tests("tests/kills")
}

fn browser() -> Result<()> {
    let chromium = tools::browser()?;
    tools::npm_packages("examples/chat")?;
    let mut command = node_test_command("tests/browser")?;
    run_tests(command.env("CHROMIUM", chromium))
}

fn example() -> Result<()> {
    tools::npm_packages("examples/chat")?;
    run_quietly(program("npm").args(["run", "build"]).current_dir(places::root().join("examples/chat")))?;
    Ok(())
}

fn python() -> Result<()> {
    build()?;
    tools::npm_packages("tests")?;
    let directory = places::root().join("tests/py");
    let python = tools::python(&directory.join("requirements.txt"))?;
    let mut command = program(python);
    command.args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"]).arg(directory);
    run_tests(command.env("CONCAVE_BIN", places::server_binary()).env("PYTHONDONTWRITEBYTECODE", "1"))
}

fn s3() -> Result<()> {
    build()?;
    tools::npm_packages("tests")?;
    let python = tools::python(&places::root().join("tests/py/requirements.txt"))?;
    run_tests(program(python).arg(places::root().join("tests/s3/run.py")).env("CONCAVE_BIN", places::server_binary()))
}

fn docs() -> Result<()> {
    run(cargo(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn node_tests(folder: &str) -> Result<()> {
    run_tests(&mut node_test_command(folder)?)
}

fn node_test_command(folder: &str) -> Result<Command> {
    build()?;
    tools::npm_packages("tests")?;
    let mut command = program("node");
    command.args(["--test", "--test-reporter=spec", "--test-concurrency=2"]);
    command.args(test_files(&places::root().join(folder))?);
    command.env("CONCAVE_BIN", places::server_binary());
    Ok(command)
}

fn test_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).with_context(|| format!("list {}", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            files.extend(test_files(&path)?);
        } else if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
