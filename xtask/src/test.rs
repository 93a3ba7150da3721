//! `cargo xtask test`: every check and test, one step after the other, and what became of each.

mod steps;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use steps::{DOCS, STEPS, Step};

/// Which steps to run.
pub struct Selection {
    steps: Vec<&'static Step>,
}

impl Selection {
    pub fn parse(words: &[&str]) -> Result<Selection> {
        if words.is_empty() {
            return Ok(Selection { steps: STEPS.iter().collect() });
        }
        let mut steps = Vec::new();
        for pair in words.chunks(2) {
            let ["--only", name] = pair else { bail!("expected --only STEP, found {pair:?}") };
            steps.push(find(name)?);
        }
        Ok(Selection { steps })
    }

    pub fn everything_and_docs() -> Selection {
        Selection { steps: STEPS.iter().chain([&DOCS]).collect() }
    }
}

fn find(name: &str) -> Result<&'static Step> {
    let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    match STEPS.iter().find(|step| step.name == name) {
        Some(step) => Ok(step),
        None => bail!("there is no step {name:?}; there are {}", known.join(", ")),
    }
}

struct Outcome {
    step: &'static Step,
    took: Duration,
    result: Result<()>,
}

/// Runs every selected step, also after one has failed, so that one run shows everything there is to mend.
pub fn run(selection: &Selection) -> Result<()> {
    let outcomes: Vec<Outcome> = selection.steps.iter().map(|step| attempt(step)).collect();
    summarize(&outcomes);
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    if failed > 0 {
        bail!("{failed} of {} steps failed", outcomes.len());
    }
    Ok(())
}

fn attempt(step: &'static Step) -> Outcome {
    println!("\n── {}: {}", step.name, step.about);
    let start = Instant::now();
    let result = (step.run)();
    if let Err(error) = &result {
        eprintln!("{}: {error:#}", step.name);
    }
    Outcome { step, took: start.elapsed(), result }
}

fn summarize(outcomes: &[Outcome]) {
    println!("\n── summary");
    for Outcome { step, took, result } in outcomes {
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!("{verdict:>8}  {:>7.1} s  {:<8} {}", took.as_secs_f64(), step.name, step.about);
    }
    let total: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    println!("{:>8}  {:>7.1} s", "total", total.as_secs_f64());
}
