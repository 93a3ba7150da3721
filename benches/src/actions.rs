//! `actions`: actions per second over HTTP in both runtimes, against the same work on a plain Node server.
//!
//! Two kinds of action: one looks a document up and does some JSON work, the other only waits. The servers run at the
//! same time and are loaded in turns, round by round, by the same callers with the same requests but for the ids.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::json;

use crate::{
    Size, apps,
    concave::Concave,
    http::{self, Connection},
    load::{self, Load},
    machine,
    process::Guard,
    random::Random,
    report::Report,
    scratch::Scratch,
    stats::{Latencies, Spread},
};

/// Documents to look up. Count.
const ITEMS: usize = 1_000;

/// Concurrent callers of the action that works. Count.
const WORKING_CALLERS: usize = 64;

/// Concurrent callers of the action that waits. Count.
const WAITING_CALLERS: usize = 1_000;

/// How long it waits.
const WAIT: Duration = Duration::from_millis(20);

const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 3;

const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(8);
const MEASURED_QUICK: Duration = Duration::from_secs(2);

/// Bound of one round. Count.
const REQUESTS_MAX: u64 = 1_000_000;

const SEED: u64 = 42;

/// What the project asks for, as a share of the plain server's rate.
const TARGET_WAITING: f64 = 0.5;

const SERVERS: [Server; 3] = [Server::Default, Server::UseNode, Server::PlainNode];
const WORKLOADS: [Workload; 2] = [Workload::Look, Workload::Pause];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    Default,
    UseNode,
    PlainNode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Workload {
    Look,
    Pause,
}

impl Server {
    fn name(self) -> &'static str {
        match self {
            Server::Default => "concave, default runtime",
            Server::UseNode => "concave, \"use node\"",
            Server::PlainNode => "plain Node server",
        }
    }

    /// What its figures start with.
    fn prefix(self) -> &'static str {
        match self {
            Server::Default => "default",
            Server::UseNode => "use_node",
            Server::PlainNode => "plain_node",
        }
    }

    /// The module of its functions.
    fn module(self) -> &'static str {
        match self {
            Server::Default | Server::PlainNode => "plain",
            Server::UseNode => "node",
        }
    }
}

impl Workload {
    fn name(self) -> &'static str {
        match self {
            Workload::Look => "lookup and JSON work, 64 callers",
            Workload::Pause => "wait 20 ms, 1000 callers",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Workload::Look => "lookup",
            Workload::Pause => "wait",
        }
    }

    fn callers(self) -> usize {
        match self {
            Workload::Look => WORKING_CALLERS,
            Workload::Pause => WAITING_CALLERS,
        }
    }
}

pub async fn run(size: Size) -> Result<Report> {
    let scratch = Scratch::new()?;
    apps::install()?;
    let peer = Peer::start(scratch.join("work.mjs"))?;
    let concave = Concave::start(&scratch.join("concave")).await?;
    concave.push("actions")?;
    let ids: Rc<Vec<String>> = Rc::new(fill(&concave).await?);
    let numbers: Rc<Vec<String>> = Rc::new((0..ITEMS).map(|n| n.to_string()).collect());
    let mut cells: Vec<Cell> = (0..SERVERS.len() * WORKLOADS.len()).map(|_| Cell::default()).collect();
    for round in 0..size.pick(ROUNDS_QUICK, ROUNDS) {
        for (at, workload) in WORKLOADS.into_iter().enumerate() {
            for turn in 0..SERVERS.len() {
                // Who goes first changes, so that nobody always meets the other's leftovers.
                let server = (round + turn) % SERVERS.len();
                let (port, process, ids) = match SERVERS[server] {
                    Server::PlainNode => (peer.port, peer.guard.id(), &numbers),
                    _ => (concave.port, concave.process_id(), &ids),
                };
                let bodies = Bodies { server: SERVERS[server], workload, ids: ids.clone() };
                let load = load(size, port, workload, round);
                cells[server * WORKLOADS.len() + at].round(load, bodies, process).await?;
            }
        }
    }
    Ok(report(&mut cells))
}

fn load(size: Size, port: u16, workload: Workload, round: usize) -> Load {
    Load {
        port,
        endpoint: "/api/action",
        callers: workload.callers(),
        warm_up: WARM_UP,
        measured: size.pick(MEASURED_QUICK, MEASURED),
        requests_max: REQUESTS_MAX,
        seed: SEED + round as u64,
    }
}

async fn fill(concave: &Concave) -> Result<Vec<String>> {
    let mut connection = Connection::open(concave.port).await?;
    let ids = http::call(&mut connection, "/api/mutation", "items:fill", json!({ "count": ITEMS })).await?;
    serde_json::from_value(ids).context("read the ids of new items")
}

/// The plain Node server, as a child.
struct Peer {
    guard: Guard,
    port: u16,
}

impl Peer {
    /// `work` is where its copy of the work is written: the very source that the actions import, bundled.
    fn start(work: PathBuf) -> Result<Peer> {
        let source = apps::bundle(&apps::folder().join("actions/convex/work.ts"))?;
        std::fs::write(&work, source).context("write the work of the peer")?;
        let mut command = Command::new("node");
        command.arg("actions.mjs").arg(work).arg(ITEMS.to_string());
        command.current_dir(apps::folder().join("peer")).stdout(Stdio::piped());
        let mut guard = Guard::spawn(&mut command, "TERM")?;
        let port = guard.line_after("listening ")?.parse().context("read the peer's port")?;
        Ok(Peer { guard, port })
    }
}

/// Makes the requests of one round.
struct Bodies {
    server: Server,
    workload: Workload,
    ids: Rc<Vec<String>>,
}

impl Bodies {
    fn make(&self, random: &mut Random) -> String {
        let module = self.server.module();
        let (function, args) = match self.workload {
            Workload::Look => ("look", json!({ "id": self.ids[random.below(self.ids.len())] })),
            Workload::Pause => ("pause", json!({ "ms": WAIT.as_millis() as u64 })),
        };
        json!({ "path": format!("{module}:{function}"), "args": args, "format": "json" }).to_string()
    }
}

/// One server under one workload.
#[derive(Default)]
struct Cell {
    per_s: Vec<f64>,
    /// Processor time of the server's processes per action, in microseconds, by round.
    server_us: Vec<f64>,
    /// Memory of the server's processes at the end, in MiB.
    memory_mb: f64,
    latencies: Latencies,
}

impl Cell {
    async fn round(&mut self, load: Load, bodies: Bodies, process: u32) -> Result<()> {
        let before = Usage::of(process)?;
        let outcome = load::drive(load, move |_, random| bodies.make(random)).await?;
        let after = Usage::of(process)?;
        self.server_us.push(after.seconds_since(&before) * 1e6 / outcome.succeeded.max(1) as f64);
        self.memory_mb = self.memory_mb.max(after.memory_mb);
        self.per_s.push(outcome.per_s);
        self.latencies.append(outcome.latencies);
        Ok(())
    }

    /// Adds a row and its figures; returns the median rate.
    fn show(&mut self, report: &mut Report, server: Server, workload: Workload) -> f64 {
        let rate = Spread::of(&self.per_s);
        let (p50, p99) = (self.latencies.percentile_ms(0.50), self.latencies.percentile_ms(0.99));
        let server_us = Spread::of(&self.server_us).median;
        report.row([
            server.name(),
            workload.name(),
            &rate.text(0),
            &format!("{p50:.1}"),
            &format!("{p99:.1}"),
            &format!("{server_us:.0}"),
            &format!("{:.0}", self.memory_mb),
        ]);
        let key = format!("{}_{}", server.prefix(), workload.suffix());
        let figures = [
            ("per_s", rate.median),
            ("p50_ms", p50),
            ("p99_ms", p99),
            ("server_us", server_us),
            ("mb", self.memory_mb),
        ];
        for (what, value) in figures {
            report.figure(&format!("{key}_{what}"), value);
        }
        rate.median
    }
}

/// What a process and its children have used so far.
struct Usage {
    /// By process, since children come and go.
    seconds: Vec<(u32, f64)>,
    memory_mb: f64,
}

impl Usage {
    fn of(process: u32) -> Result<Usage> {
        let mut processes = vec![process];
        processes.extend(machine::children(process)?);
        let (mut seconds, mut bytes) = (Vec::new(), 0);
        for process in processes {
            // A child that has just ended cannot be read any more.
            let (Ok(used), Ok(resident)) = (machine::processor_seconds(process), machine::resident_bytes(process))
            else {
                continue;
            };
            seconds.push((process, used));
            bytes += resident;
        }
        Ok(Usage { seconds, memory_mb: bytes as f64 / (1 << 20) as f64 })
    }

    fn seconds_since(&self, before: &Usage) -> f64 {
        let earlier =
            |process: u32| before.seconds.iter().find(|(id, _)| *id == process).map_or(0.0, |(_, used)| *used);
        self.seconds.iter().map(|(process, used)| (used - earlier(*process)).max(0.0)).sum()
    }
}

fn report(cells: &mut [Cell]) -> Report {
    let mut report = Report {
        name: "actions",
        sketch: vec![
            "Plain Node: 60 µs of HTTP and 30 µs of JSON work on its one thread: some 10 000/s.".into(),
            "\"use node\": the same 30 µs and 50 µs of frames in Node, 60 µs HTTP, 60 µs for the query and 40 µs around it in Rust: 240 µs on two cores less the generator, some 6 000/s."
                .into(),
            "Default runtime: a heap from bytecode costs about 1 ms, so some 1 500/s; waiting costs nothing beside it."
                .into(),
            "Waiting: 1000 callers of 20 ms ask for 50 000/s at most, which nobody here can serve: the rate is what a call costs."
                .into(),
        ],
        headings: vec!["server", "action", "actions/s", "p50 ms", "p99 ms", "server µs", "MB"],
        ..Report::default()
    };
    let mut rates = Vec::new();
    for (at, cell) in cells.iter_mut().enumerate() {
        let (server, workload) = (SERVERS[at / WORKLOADS.len()], WORKLOADS[at % WORKLOADS.len()]);
        rates.push(cell.show(&mut report, server, workload));
    }
    let peer = 2 * WORKLOADS.len();
    for (server, prefix) in ["default", "use_node"].into_iter().enumerate() {
        for (at, workload) in WORKLOADS.into_iter().enumerate() {
            let ratio = rates[server * WORKLOADS.len() + at] / rates[peer + at];
            report.figure(&format!("{prefix}_{}_over_plain_node", workload.suffix()), ratio);
        }
    }
    report.at_least("waiting in \"use node\" over plain Node", rates[3] / rates[peer + 1], TARGET_WAITING, " ×");
    report.notes = vec![
        "one request outstanding per caller; medians of rounds (lowest..highest)".into(),
        "µs: processor time per action of the server with its Node processes; MB: their memory after the load".into(),
        "the plain server keeps its documents in a Map of its own, so its lookup is free, and nothing is checked, \
         logged or transactional there: it is the floor, not a rival"
            .into(),
    ];
    report
}
