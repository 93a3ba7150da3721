//! `live`: how soon subscribers see a write, and what subscriptions cost those who write.

mod commits;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    Size,
    concave::Concave,
    disk,
    report::Report,
    scratch::Scratch,
    sockets::{Crowd, Socket},
    stats::Latencies,
};

/// Inserts whose way to the subscriber is timed. Count.
const INSERTS: usize = 2_000;
const INSERTS_QUICK: usize = 400;

/// Inserts before measuring. Count.
const INSERTS_WARM_UP: usize = 50;

/// Sockets of the unrelated subscriptions, and queries on each. Counts.
const CROWD_SOCKETS: usize = 200;
const CROWD_QUERIES: usize = 50;

/// Sockets that watch one query. Count.
const FANOUT_SOCKETS: usize = 1_000;

/// Writes that all of them must see. Count.
const FANOUT_WRITES: usize = 50;
const FANOUT_WRITES_QUICK: usize = 20;

/// How long a write may take to reach everybody.
const SEEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Raw disk syncs at a time. Count.
const SYNCS: usize = 500;
const SYNCS_QUICK: usize = 200;

/// What the design allows beyond two syncs, in milliseconds.
const TARGET_BEYOND_SYNCS_MS: f64 = 2.0;

/// Most that 100 000 subscriptions may add to a commit, as a ratio.
const TARGET_COMMIT_RATIO: f64 = 1.1;

const NEWEST: &str = "messages:newest";
const SEND: &str = "messages:send";

pub async fn run(size: Size) -> Result<Report> {
    let scratch = Scratch::new()?;
    // The disk's mood changes, so it is asked before, between and after.
    let sync_disk = || disk::sync_latencies(scratch.path(), size.pick(SYNCS_QUICK, SYNCS));
    let mut sync = sync_disk()?;
    let concave = Concave::start(&scratch.join("concave")).await?;
    concave.push("messages")?;
    let inserts = size.pick(INSERTS_QUICK, INSERTS);
    let mut alone = seen(concave.port, inserts).await?;
    sync.append(sync_disk()?);
    let mut crowd = unrelated(concave.port).await?;
    let mut crowded = seen(concave.port, inserts).await?;
    crowd.check()?;
    drop(crowd);
    sync.append(sync_disk()?);
    let fanout = fanout(concave.port, size.pick(FANOUT_WRITES_QUICK, FANOUT_WRITES)).await?;
    drop(concave);
    // It blocks, so it gets a thread of its own.
    let commits = tokio::task::spawn_blocking(move || commits::measure(size)).await.context("measure commits")??;
    Ok(report(sync.percentile_ms(0.50), &mut alone, &mut crowded, fanout, &commits))
}

/// Times inserts from one socket to the result on another.
async fn seen(port: u16, inserts: usize) -> Result<Latencies> {
    let (mut writer, mut reader) = (Socket::open(port).await?, Socket::open(port).await?);
    reader.subscribe(NEWEST, [json!({ "room": "watched" })]).await?;
    let mut latencies = Latencies::default();
    for number in 0..INSERTS_WARM_UP + inserts {
        let body = format!("tick-{number}-end");
        let start = Instant::now();
        writer.send_mutation(SEND, json!({ "room": "watched", "body": body })).await?;
        timeout(SEEN_TIMEOUT, reader.message_with(&body)).await.context("the subscriber did not see a write")??;
        if number >= INSERTS_WARM_UP {
            latencies.push(start.elapsed());
        }
        writer.mutation_response().await?;
    }
    Ok(latencies)
}

/// Subscriptions that no insert of `seen` touches.
async fn unrelated(port: u16) -> Result<Crowd> {
    let rooms =
        |socket: usize| (0..CROWD_QUERIES).map(|query| json!({ "room": format!("room-{socket}-{query}") })).collect();
    Crowd::open(port, CROWD_SOCKETS, NEWEST, rooms, |_| {}).await
}

/// Times writes until every one of many subscribers of one query has the new result.
async fn fanout(port: u16, writes: usize) -> Result<Latencies> {
    // Room for every message of two writes, so that readers never wait.
    let (sender, mut receiver) = mpsc::channel(2 * FANOUT_SOCKETS);
    let on_message = move |message: &str| {
        if let Some(number) = number_in(message) {
            // Full only when a result is sent twice, which the count below then shows as a timeout.
            let _ = sender.try_send(number);
        }
    };
    let queries = |_| vec![json!({ "room": "square" })];
    let mut crowd = Crowd::open(port, FANOUT_SOCKETS, NEWEST, queries, on_message).await?;
    let mut writer = Socket::open(port).await?;
    let mut latencies = Latencies::default();
    for number in 0..writes {
        let start = Instant::now();
        writer.send_mutation(SEND, json!({ "room": "square", "body": format!("tick-{number}-end") })).await?;
        let mut missing = FANOUT_SOCKETS;
        while missing > 0 {
            let seen = timeout(SEEN_TIMEOUT, receiver.recv()).await.context("a subscriber did not see a write")?;
            missing -= usize::from(seen == Some(number));
        }
        latencies.push(start.elapsed());
        writer.mutation_response().await?;
    }
    crowd.check()?;
    Ok(latencies)
}

fn number_in(message: &str) -> Option<usize> {
    let (_, rest) = message.split_once("tick-")?;
    rest.split_once("-end")?.0.parse().ok()
}

fn report(
    sync_ms: f64,
    alone: &mut Latencies,
    crowded: &mut Latencies,
    mut fanout: Latencies,
    commits: &commits::Costs,
) -> Report {
    let mut report = Report {
        name: "live",
        sketch: vec![
            "Insert seen elsewhere: two function calls of 120 µs, one sync, four hops between threads and processes: one sync + 0.7 ms."
                .into(),
            "Unrelated subscriptions are never looked at, so 10 000 of them change nothing.".into(),
            "1 000 subscribers: one query run, then some 10 µs for each send and as much for each receive here: 20 ms.".into(),
        ],
        headings: vec!["what", "p50 ms", "p99 ms"],
        ..Report::default()
    };
    let (p50, p99) = (alone.percentile_ms(0.50), alone.percentile_ms(0.99));
    let (crowded_p50, crowded_p99) = (crowded.percentile_ms(0.50), crowded.percentile_ms(0.99));
    let (all_p50, all_p99) = (fanout.percentile_ms(0.50), fanout.percentile_ms(0.99));
    report.row(["one disk sync", &format!("{sync_ms:.3}"), ""]);
    let row = |report: &mut Report, what: &str, p50: f64, p99: f64| {
        report.row([what, &format!("{p50:.2}"), &format!("{p99:.2}")])
    };
    row(&mut report, "insert seen on another socket", p50, p99);
    row(&mut report, "the same beside 10 000 unrelated subscriptions", crowded_p50, crowded_p99);
    row(&mut report, "insert seen by all of 1 000 subscribers", all_p50, all_p99);
    for (what, cost) in
        [("commit in process, no subscriptions (µs)", commits.alone), ("the same beside 100 000 (µs)", commits.crowded)]
    {
        report.row([what, &cost.text(2), ""]);
    }
    report.figure("disk_sync_p50_ms", sync_ms);
    report.figure("insert_seen_p50_ms", p50);
    report.figure("insert_seen_p99_ms", p99);
    report.figure("insert_seen_with_10k_p50_ms", crowded_p50);
    report.figure("insert_seen_with_10k_p99_ms", crowded_p99);
    report.figure("fanout_1000_ms", all_p50);
    report.figure("fanout_1000_p99_ms", all_p99);
    report.figure("commit_us", commits.alone.median);
    report.figure("commit_with_100k_us", commits.crowded.median);
    report.figure("commit_cost_ratio", commits.ratio.median);
    let limit_ms = ((2.0 * sync_ms + TARGET_BEYOND_SYNCS_MS) * 100.0).round() / 100.0;
    report.at_most("insert seen, p50, alone", p50, limit_ms, " ms");
    report.at_most("commit beside 100 000 subscriptions over none", commits.ratio.median, TARGET_COMMIT_RATIO, " ×");
    report.notes = vec![
        format!(
            "commit in process: begin, patch one document, commit; memory engine; ratio of rounds {}",
            commits.ratio.text(3)
        ),
        "the client of all sockets is one thread of this process, on the same cores as the server".into(),
    ];
    report
}
