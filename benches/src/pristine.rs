//! `pristine`: what a pristine heap costs over a warm one, for the transfer app and for one ten times as large.
//!
//! In-process: an executor runs `transfer` against two accounts in memory, so that nothing but JavaScript and the
//! boundary to the host is measured. Pristine, warm and cold rounds alternate.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context, Result, anyhow, ensure};
use js::{
    Bundle, Call, CallLimits, ConsoleLevel, Executor, ExecutorOptions, Host, HostError, JsError, Kind, ModuleSource,
};

use crate::{Size, apps, report::Report, scratch::Scratch, stats::Spread};

/// Rounds of each mode. Count.
const ROUNDS: usize = 15;
const ROUNDS_QUICK: usize = 9;

/// Calls of one pristine or warm round. Count.
const CALLS: usize = 3_000;
const CALLS_QUICK: usize = 1_000;

/// Calls of one cold round, which are slow. Count.
const CALLS_COLD: usize = 20;

/// Calls of each mode before measuring. Count.
const CALLS_WARM_UP: usize = 500;

/// Modules added to the large app, and rows each builds while it is imported. Count.
const FILLER_MODULES: usize = 420;
const FILLER_ROWS: usize = 40;

/// Slowest pristine call the design allows, as a multiple of a warm one.
const TARGET_OVER_WARM: f64 = 1.5;

const FROM: &str = "j57000820c20a1g7104gm2rc1m70ynr8";
const TO: &str = "j57fzzzzzzzzzzzzzzzzzzzzzzzzzkyr";

/// How a call gets its heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Pristine,
    Warm,
    Cold,
}

pub fn run(size: Size) -> Result<Report> {
    apps::install()?;
    let scratch = Scratch::new()?;
    let transfer = apps::folder().join("transfer/convex/transfer.ts");
    let small = apps::bundle(&transfer)?;
    let large = apps::bundle(&large_entry(scratch.path(), &transfer)?)?;
    // The executor wants a deep stack, and its thread should do nothing else.
    let measure = move || -> Result<(App, App)> { Ok((App::measure(small, size)?, App::measure(large, size)?)) };
    let worker =
        std::thread::Builder::new().stack_size(js::WORKER_STACK_BYTES).spawn(measure).context("start a thread")?;
    let (small, large) = worker.join().map_err(|_| anyhow!("the measuring thread panicked"))??;
    Ok(report(&small, &large))
}

fn report(small: &App, large: &App) -> Report {
    let mut report = Report {
        name: "pristine",
        sketch: vec![
            "A warm call takes about 80 µs; a pristine one also copies back the some 50 pages it wrote, 10 to 40 µs."
                .into(),
            "Pages that are not written cost nothing, so the large app should be as fast; a cold call evaluates \
             everything anew, over 1 ms."
                .into(),
        ],
        headings: vec!["app", "bundle KB", "image MB", "warm µs", "pristine µs", "cold µs", "pristine / warm"],
        ..Report::default()
    };
    for (name, app) in [("transfer", small), ("ten times as large", large)] {
        report.row([
            name,
            &(app.bundle_bytes >> 10).to_string(),
            &format!("{:.1}", app.image_bytes as f64 / f64::from(1 << 20)),
            &app.warm.text(1),
            &app.pristine.text(1),
            &app.cold.text(0),
            &app.over_warm.text(2),
        ]);
    }
    for (suffix, app) in [("", small), ("_large", large)] {
        report.figure(&format!("pristine_over_warm{suffix}"), app.over_warm.median);
        report.figure(&format!("pristine_us{suffix}"), app.pristine.median);
        report.figure(&format!("warm_us{suffix}"), app.warm.median);
        report.figure(&format!("cold_us{suffix}"), app.cold.median);
        report.figure(&format!("bundle_bytes{suffix}"), app.bundle_bytes as f64);
        report.figure(&format!("image_bytes{suffix}"), app.image_bytes as f64);
    }
    report.at_most("pristine over warm, transfer", small.over_warm.median, TARGET_OVER_WARM, " ×");
    report.at_most("pristine over warm, large", large.over_warm.median, TARGET_OVER_WARM, " ×");
    report.notes.push("image: resident bytes the executor counts for it after one pristine call".into());
    report
}

/// What was measured of one app.
struct App {
    bundle_bytes: usize,
    image_bytes: usize,
    pristine: Spread,
    warm: Spread,
    cold: Spread,
    /// Of neighbouring rounds.
    over_warm: Spread,
}

impl App {
    fn measure(source: String, size: Size) -> Result<App> {
        let bundle_bytes = source.len();
        let module = ModuleSource { path: "transfer.js".into(), source, source_map: None };
        let bundle = Arc::new(Bundle::compile(vec![module])?);
        let bench = Bench { executor: Executor::new(ExecutorOptions::default()), bundle };
        let mut host = Accounts { from: 1e6, to: 1e6, calls: 0 };
        bench.round(Mode::Pristine, 1, &mut host)?;
        let (_, image_bytes) = bench.executor.idle_images();
        for (mode, calls) in [(Mode::Cold, 5), (Mode::Warm, CALLS_WARM_UP), (Mode::Pristine, CALLS_WARM_UP)] {
            bench.round(mode, calls, &mut host)?;
        }
        let (mut pristine, mut warm, mut cold, mut over_warm) = (vec![], vec![], vec![], vec![]);
        for _ in 0..size.pick(ROUNDS_QUICK, ROUNDS) {
            warm.push(bench.round(Mode::Warm, size.pick(CALLS_QUICK, CALLS), &mut host)?);
            pristine.push(bench.round(Mode::Pristine, size.pick(CALLS_QUICK, CALLS), &mut host)?);
            cold.push(bench.round(Mode::Cold, CALLS_COLD, &mut host)?);
            over_warm.push(pristine[pristine.len() - 1] / warm[warm.len() - 1]);
        }
        ensure!(host.from + host.to == 2e6 && host.from == 1e6 - host.calls as f64, "transfers went wrong: {host:?}");
        let [pristine, warm, cold, over_warm] = [pristine, warm, cold, over_warm].map(|rounds| Spread::of(&rounds));
        Ok(App { bundle_bytes, image_bytes, pristine, warm, cold, over_warm })
    }
}

struct Bench {
    executor: Executor,
    bundle: Arc<Bundle>,
}

impl Bench {
    /// Microseconds per call.
    fn round(&self, mode: Mode, calls: usize, host: &mut Accounts) -> Result<f64> {
        let args = format!("[{{\"amount\":1,\"from\":\"{FROM}\",\"to\":\"{TO}\"}}]");
        let start = Instant::now();
        for number in 0..calls {
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
            let call = Call {
                kind: Kind::Mutation,
                module: "transfer.js",
                export: "transfer",
                args_json: &args,
                seed,
                unix_ms: 1.7e12,
                env_generation: 0,
                limits: CallLimits::default(),
            };
            self.call(mode, &call, host)?;
        }
        Ok(start.elapsed().as_secs_f64() * 1e6 / calls as f64)
    }

    fn call(&self, mode: Mode, call: &Call<'_>, host: &mut Accounts) -> Result<(), JsError> {
        let completion = match mode {
            Mode::Pristine => self.executor.run(&self.bundle, call, host)?,
            Mode::Warm => self.executor.run_warm(&self.bundle, call, host)?,
            Mode::Cold => self.executor.run_cold(&self.bundle, call, host)?,
        };
        debug_assert_eq!(completion.result_json, "null");
        host.calls += 1;
        Ok(())
    }
}

/// A host that knows two accounts.
#[derive(Debug)]
struct Accounts {
    from: f64,
    to: f64,
    calls: u64,
}

impl Accounts {
    fn balance_mut(&mut self, args: &str) -> Result<(&'static str, &mut f64), HostError> {
        match (args.contains(FROM), args.contains(TO)) {
            (true, false) => Ok((FROM, &mut self.from)),
            (false, true) => Ok((TO, &mut self.to)),
            _ => Err(HostError::developer("no such account")),
        }
    }
}

impl Host for Accounts {
    fn syscall(&mut self, name: &str, _args: &str) -> Result<String, HostError> {
        Err(HostError::system(format!("unexpected operation {name}")))
    }

    fn async_syscall(&mut self, name: &str, args: &str) -> Result<String, HostError> {
        let (id, balance) = self.balance_mut(args)?;
        if name == "1.0/shallowMerge" {
            let parsed: serde_json::Value =
                serde_json::from_str(args).map_err(|error| HostError::developer(error.to_string()))?;
            *balance = parsed["value"]["balance"].as_f64().ok_or_else(|| HostError::developer("no balance"))?;
        } else if name != "1.0/get" {
            return Err(HostError::system(format!("unexpected operation {name}")));
        }
        Ok(format!("{{\"_creationTime\":1700000000000.5,\"_id\":\"{id}\",\"balance\":{balance:?}}}"))
    }

    fn env_var(&mut self, _name: &str) -> Option<String> {
        None
    }

    fn console(&mut self, _level: ConsoleLevel, _messages: Vec<String>) {}
}

/// Writes the modules of the large app and returns its entry file, which also exports `transfer`.
fn large_entry(folder: &Path, transfer: &Path) -> Result<std::path::PathBuf> {
    let (mut imports, mut names) = (String::new(), Vec::new());
    for number in 0..FILLER_MODULES {
        let path = folder.join(format!("model{number}.ts"));
        std::fs::write(&path, filler(number)).context("write a module")?;
        imports.push_str(&format!("import {{ model{number} }} from {path:?};\n"));
        names.push(format!("model{number}"));
    }
    let entry = folder.join("large.ts");
    let text = format!(
        "{imports}export {{ transfer }} from {transfer:?};\nexport const models = new Map([{}].map((model) => [model.name, model]));\n",
        names.join(", ")
    );
    std::fs::write(&entry, text).context("write the entry module")?;
    Ok(entry)
}

/// A module as apps have them: a class, some functions, and a table built while it is imported.
fn filler(number: usize) -> String {
    format!(
        r#"
class Model{number} {{
  readonly rows: Map<string, {{ id: number; name: string; tags: string[]; weight: number }}>;
  constructor(readonly name: string, count: number) {{
    this.rows = new Map(Array.from({{ length: count }}, (_, id) => {{
      const row = {{ id, name: `${{name}} row ${{id}}`, tags: ["new", `group-${{id % 7}}`], weight: id * {number} + 0.5 }};
      return [row.name, row] as const;
    }}));
  }}
  find(name: string) {{
    const row = this.rows.get(name);
    if (row === undefined) {{
      throw new Error(`model {number} has no row called ${{name}}`);
    }}
    return row;
  }}
  heaviest(limit: number) {{
    return [...this.rows.values()].sort((a, b) => b.weight - a.weight).slice(0, limit).map((row) => row.name);
  }}
  tagged(tag: string) {{
    return [...this.rows.values()].filter((row) => row.tags.includes(tag));
  }}
  total() {{
    let total = 0;
    for (const row of this.rows.values()) {{
      total += row.weight;
    }}
    return total;
  }}
}}
export function validate{number}(value: unknown): string[] {{
  const problems: string[] = [];
  if (typeof value !== "object" || value === null) {{
    return ["model {number}: the value must be an object"];
  }}
  for (const [key, field] of Object.entries(value)) {{
    if (!/^[a-z]+$/.test(key)) {{
      problems.push(`model {number}: the key ${{key}} is not lower case`);
    }} else if (typeof field === "string" && field.length > {number} + 100) {{
      problems.push(`model {number}: the field ${{key}} is too long`);
    }}
  }}
  return problems;
}}
export const model{number} = Object.assign(new Model{number}("model {number}", {FILLER_ROWS}), {{ validate: validate{number} }});
"#
    )
}
