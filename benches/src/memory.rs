//! `memory`: what the server holds when idle, per socket and after a load, and how soon it is back after a restart.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::json;

use crate::{
    Size,
    concave::Concave,
    http::{self, Connection},
    load::{self, Load},
    random::Random,
    report::Report,
    scratch::Scratch,
    sockets::Crowd,
    stats::Spread,
};

/// How long memory is given to settle before it is read.
const SETTLE: Duration = Duration::from_secs(3);
const SETTLE_QUICK: Duration = Duration::from_secs(1);

/// Idle sockets. Count.
const SOCKETS: usize = 5_000;
const SOCKETS_QUICK: usize = 2_000;

/// Sockets open before memory is read the first time. Count.
const SOCKETS_FIRST: usize = 100;

const NEWEST: &str = "messages:newest";

/// Callers of the load, documents each mutation inserts, and the size of their text in bytes.
const CALLERS: usize = 16;
const DOCUMENTS_PER_MUTATION: usize = 20;
const BODY_BYTES: usize = 200;

/// One in this many mutations deletes instead, as much as the others inserted. Count.
const CLEAR_EVERY: usize = 2;

/// How long the load lasts, and how long after it memory is read.
const LOAD: Duration = Duration::from_secs(600);
const LOAD_QUICK: Duration = Duration::from_secs(14);
const LOAD_SETTLE: Duration = Duration::from_secs(60);
const LOAD_SETTLE_QUICK: Duration = Duration::from_secs(8);

/// Bound of the load. Count.
const MUTATIONS_MAX: u64 = 3_000_000;

/// Documents of the restarted server. Count.
const DOCUMENTS: usize = 1_000_000;
const DOCUMENTS_QUICK: usize = 100_000;

/// Documents inserted by one mutation, and mutations at once, while filling it. Counts.
const FILL_PER_MUTATION: usize = 1_000;
const FILL_CALLERS: usize = 4;
const FILL_BODY_BYTES: usize = 40;

/// How long filling may take.
const FILL_MAX: Duration = Duration::from_secs(1_200);

/// Restarts, after a clean stop and after a kill each. Count.
const RESTARTS: usize = 5;
const RESTARTS_QUICK: usize = 3;

const TARGET_IDLE_MB: f64 = 50.0;
const TARGET_AFTER_LOAD: f64 = 1.3;
const TARGET_SOCKET_KB: f64 = 20.0;
const TARGET_RESTART_MS: f64 = 300.0;

const SEED: u64 = 42;

/// Resident memory along the way, in megabytes.
struct Resident {
    fresh: f64,
    pushed: f64,
    at_its_end: f64,
    loaded: f64,
    mutations: u64,
    socket_kb: f64,
    subscribed_socket_kb: f64,
}

pub async fn run(size: Size) -> Result<Report> {
    let scratch = Scratch::new()?;
    let resident = resident(size, &scratch).await?;
    let filled = scratch.join("filled");
    fill(size, &filled).await?;
    let (mut stopped, mut killed) = (vec![], vec![]);
    for _ in 0..size.pick(RESTARTS_QUICK, RESTARTS) {
        let (ms, server) = restart(&filled).await?;
        stopped.push(ms);
        server.kill();
        let (ms, server) = restart(&filled).await?;
        killed.push(ms);
        drop(server);
    }
    Ok(report(size, &resident, Spread::of(&stopped), Spread::of(&killed)))
}

async fn resident(size: Size, scratch: &Scratch) -> Result<Resident> {
    let concave = Concave::start(&scratch.join("load")).await?;
    settle(size).await;
    let fresh = concave.resident_mb()?;
    concave.push("messages")?;
    settle(size).await;
    let pushed = concave.resident_mb()?;
    let load = Load {
        port: concave.port,
        endpoint: "/api/mutation",
        callers: CALLERS,
        warm_up: Duration::ZERO,
        measured: size.pick(LOAD_QUICK, LOAD),
        requests_max: MUTATIONS_MAX,
        seed: SEED,
    };
    let mutations = load::drive(load, fill_or_clear).await?.succeeded;
    let at_its_end = concave.resident_mb()?;
    tokio::time::sleep(size.pick(LOAD_SETTLE_QUICK, LOAD_SETTLE)).await;
    let loaded = concave.resident_mb()?;
    drop(concave);
    let socket_kb = per_socket(size, &scratch.join("sockets"), |_| vec![]).await?;
    let rooms = |socket: usize| vec![json!({ "room": format!("room-{socket}") })];
    let subscribed_socket_kb = per_socket(size, &scratch.join("subscribed"), rooms).await?;
    Ok(Resident { fresh, pushed, at_its_end, loaded, mutations, socket_kb, subscribed_socket_kb })
}

async fn settle(size: Size) {
    tokio::time::sleep(size.pick(SETTLE_QUICK, SETTLE)).await;
}

/// Memory one more socket takes, in kilobytes: on a server of its own, which has nothing freed to reuse.
async fn per_socket(size: Size, data: &Path, queries: impl Fn(usize) -> Vec<serde_json::Value>) -> Result<f64> {
    let concave = Concave::start(data).await?;
    concave.push("messages")?;
    let sockets = size.pick(SOCKETS_QUICK, SOCKETS);
    // The first sockets pay for what all share, and stay.
    let mut first = Crowd::open(concave.port, SOCKETS_FIRST, NEWEST, &queries, |_| {}).await?;
    settle(size).await;
    let before = concave.resident_mb()?;
    let mut crowd = Crowd::open(concave.port, sockets, NEWEST, |n| queries(n + SOCKETS_FIRST), |_| {}).await?;
    settle(size).await;
    let after = concave.resident_mb()?;
    first.check()?;
    crowd.check()?;
    Ok((after - before) * 1024.0 / sockets as f64)
}

/// Mutations that keep the table's size about the same, each caller in a room of its own.
fn fill_or_clear(caller: usize, random: &mut Random) -> String {
    let room = format!("load-{caller}");
    let (path, args) = if random.below(CLEAR_EVERY) == 0 {
        ("messages:clear", json!({ "room": room, "count": DOCUMENTS_PER_MUTATION }))
    } else {
        ("messages:fill", json!({ "room": room, "count": DOCUMENTS_PER_MUTATION, "bytes": BODY_BYTES }))
    };
    json!({ "path": path, "args": args, "format": "json" }).to_string()
}

/// Makes a data folder with many documents.
async fn fill(size: Size, data: &Path) -> Result<()> {
    let concave = Concave::start(data).await?;
    concave.push("messages")?;
    let mutations = (size.pick(DOCUMENTS_QUICK, DOCUMENTS) / FILL_PER_MUTATION) as u64;
    let load = Load {
        port: concave.port,
        endpoint: "/api/mutation",
        callers: FILL_CALLERS,
        warm_up: Duration::ZERO,
        measured: FILL_MAX,
        requests_max: mutations,
        seed: SEED,
    };
    let outcome = load::drive(load, |caller, random| {
        let room = format!("room-{caller}-{}", random.below(1_000));
        let args = json!({ "room": room, "count": FILL_PER_MUTATION, "bytes": FILL_BODY_BYTES });
        json!({ "path": "messages:fill", "args": args, "format": "json" }).to_string()
    });
    let succeeded = outcome.await?.succeeded;
    ensure!(succeeded == mutations, "only {succeeded} of {mutations} mutations were done in {FILL_MAX:?}");
    let mut connection = Connection::open(concave.port).await?;
    http::call(&mut connection, "/api/mutation", "messages:send", json!({ "room": "last", "body": "here" })).await?;
    Ok(())
}

/// Starts the server and returns the milliseconds until its first query answered.
async fn restart(data: &Path) -> Result<(f64, Concave)> {
    let start = Instant::now();
    let mut concave = Concave::spawn(data)?;
    let first_query = async |connection: &mut Connection| {
        let newest = http::call(connection, "/api/query", NEWEST, json!({ "room": "last" })).await?;
        ensure!(newest == "here", "the restarted server answered {newest}");
        Ok(())
    };
    concave.wait_for(first_query).await?;
    Ok((start.elapsed().as_secs_f64() * 1e3, concave))
}

fn report(size: Size, resident: &Resident, stopped: Spread, killed: Spread) -> Report {
    let mut report = Report {
        name: "memory",
        sketch: vec![
            "Fresh: the program and its libraries 15 MB, two slots with the platform's image 2 x 3 MB, engine buffers 10 MB: 30 MB.".into(),
            "Idle socket: a task, two small buffers and a session, 10 KB.".into(),
            "Restart: nothing is loaded but the catalog and the log since the last flush, 100 ms.".into(),
        ],
        headings: vec!["what", "measured"],
        ..Report::default()
    };
    let after_over_before = resident.loaded / resident.pushed;
    report.row(["fresh server (MB)", &format!("{:.1}", resident.fresh)]);
    report.row(["after a push (MB)", &format!("{:.1}", resident.pushed)]);
    report.row(["at the end of the load (MB)", &format!("{:.1}", resident.at_its_end)]);
    report.row(["some time later (MB)", &format!("{:.1}", resident.loaded)]);
    report.row(["idle socket (KB)", &format!("{:.1}", resident.socket_kb)]);
    report.row(["idle socket with one subscription (KB)", &format!("{:.1}", resident.subscribed_socket_kb)]);
    report.row(["restart until the first query, clean stop (ms)", &stopped.text(0)]);
    report.row(["restart until the first query, killed (ms)", &killed.text(0)]);
    report.figure("idle_mb", resident.fresh);
    report.figure("before_load_mb", resident.pushed);
    report.figure("end_of_load_mb", resident.at_its_end);
    report.figure("after_load_mb", resident.loaded);
    report.figure("after_load_over_before", after_over_before);
    report.figure("per_socket_kb", resident.socket_kb);
    report.figure("per_subscribed_socket_kb", resident.subscribed_socket_kb);
    report.figure("restart_ms", stopped.median);
    report.figure("restart_after_kill_ms", killed.median);
    report.figure("load_mutations", resident.mutations as f64);
    report.at_most("fresh idle server", resident.fresh, TARGET_IDLE_MB, " MB");
    report.at_most("after the load over before it", after_over_before, TARGET_AFTER_LOAD, " ×");
    report.at_most("idle socket", resident.socket_kb, TARGET_SOCKET_KB, " KB");
    report.at_most("restart until the first query", stopped.median, TARGET_RESTART_MS, " ms");
    report.notes = vec![
        format!(
            "load: {} mutations in {:?}, each inserting or deleting {DOCUMENTS_PER_MUTATION} documents; memory read {:?} later",
            resident.mutations,
            size.pick(LOAD_QUICK, LOAD),
            size.pick(LOAD_SETTLE_QUICK, LOAD_SETTLE),
        ),
        format!("restart: {} documents", size.pick(DOCUMENTS_QUICK, DOCUMENTS)),
        "resident memory as the kernel counts it, shared libraries included".into(),
    ];
    report
}
