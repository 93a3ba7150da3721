//! Every chore of the repository: `cargo xtask help` lists them.

mod bench;
mod command;
mod demo;
mod places;
mod processes;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use anyhow::Result;

const HELP: &str = "\
cargo xtask demo                    run the chat example: server, push, page
cargo xtask test [--only STEP]...   run every check and test, or only some steps
cargo xtask ci                      test, and build the documentation without warnings
cargo xtask tidy                    check the house style that a program can check
cargo xtask bench NAME [--quick]    build the benchmarks in release mode and run one";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["demo"] => demo::run(),
        ["test", rest @ ..] => test::run(&test::Selection::parse(rest)?),
        ["ci"] => test::run(&test::Selection::everything_and_docs()),
        ["tidy"] => tidy::run(),
        ["bench", rest @ ..] => bench::run(rest),
        ["help" | "--help" | "-h"] | [] => {
            println!("{HELP}");
            Ok(())
        }
        [unknown, ..] => anyhow::bail!("there is no chore {unknown:?}\n{HELP}"),
    }
}
