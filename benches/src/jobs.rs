//! `jobs`: how fast scheduled mutations that are all due drain, and what that does to the calls of users.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::{
    Size,
    concave::Concave,
    http::{self, Connection},
    report::Report,
    scratch::Scratch,
    stats::Latencies,
};

/// Jobs that come due at one moment. Count.
const JOBS: usize = 100_000;
const JOBS_QUICK: usize = 20_000;

/// Jobs scheduled by one mutation: the documented bound. Count.
const JOBS_PER_MUTATION: usize = 1_000;

/// Rooms that the jobs write to, as `jobs.ts` numbers them. Count.
const ROOMS: usize = 100;

/// How far ahead the jobs are scheduled; scheduling them all must take less.
const AHEAD: Duration = Duration::from_secs(60);
const AHEAD_QUICK: Duration = Duration::from_secs(15);

/// How long the user's calls are measured alone.
const ALONE: Duration = Duration::from_secs(5);
const ALONE_QUICK: Duration = Duration::from_secs(2);

/// How long draining may take.
const DRAIN_MAX: Duration = Duration::from_secs(600);

/// The user writes every this often.
const USER_EVERY: Duration = Duration::from_millis(5);

/// Calls of the user between two looks at what is done. Count.
const LOOK_EVERY_CALLS: usize = 20;

pub async fn run(size: Size) -> Result<Report> {
    let scratch = Scratch::new()?;
    let concave = Concave::start(&scratch.join("concave")).await?;
    concave.push("messages")?;
    let jobs = size.pick(JOBS_QUICK, JOBS);
    let mut user = User { connection: Connection::open(concave.port).await?, latencies: Latencies::default() };
    let due = unix_ms()? + size.pick(AHEAD_QUICK, AHEAD).as_millis() as u64;
    let mut scheduling = Connection::open(concave.port).await?;
    for _ in 0..jobs / JOBS_PER_MUTATION {
        let args = json!({ "count": JOBS_PER_MUTATION, "at": due });
        http::call(&mut scheduling, "/api/mutation", "jobs:schedule", args).await?;
    }
    let until = Instant::now() + size.pick(ALONE_QUICK, ALONE);
    while Instant::now() < until {
        user.call().await?;
    }
    ensure!(unix_ms()? < due, "scheduling took longer than the jobs were ahead");
    let mut alone = std::mem::take(&mut user.latencies);
    let before_mb = concave.resident_mb()?;
    tokio::time::sleep(Duration::from_millis(due - unix_ms()?)).await;
    // The server closes connections that nobody used for a while.
    user.connection = Connection::open(concave.port).await?;
    let mut looking = Connection::open(concave.port).await?;
    let start = Instant::now();
    let drained = drain(&mut user, &mut looking, jobs, start).await?;
    Ok(report(jobs, drained, &mut alone, &mut user.latencies, [before_mb, concave.resident_mb()?]))
}

/// Somebody who uses the app meanwhile.
struct User {
    connection: Connection,
    latencies: Latencies,
}

impl User {
    async fn call(&mut self) -> Result<()> {
        let sent = Instant::now();
        let args = json!({ "room": "lobby", "body": "hello" });
        http::call(&mut self.connection, "/api/mutation", "messages:send", args).await?;
        self.latencies.push(sent.elapsed());
        tokio::time::sleep(USER_EVERY).await;
        Ok(())
    }
}

/// Waits until every job has left its message; how long that took.
async fn drain(user: &mut User, connection: &mut Connection, jobs: usize, start: Instant) -> Result<Duration> {
    let per_room = jobs / ROOMS;
    let mut room = 0;
    while room < ROOMS {
        ensure!(start.elapsed() < DRAIN_MAX, "the jobs did not drain within {DRAIN_MAX:?}");
        for _ in 0..LOOK_EVERY_CALLS {
            user.call().await?;
        }
        // Jobs run in the order of their due time and creation, so the last room is done about when all are.
        while room < ROOMS {
            let args = json!({ "room": format!("job {room}") });
            let done = http::call(connection, "/api/query", "jobs:done", args).await?;
            if done.as_f64().context("a count is a number")? < per_room as f64 {
                break;
            }
            room += 1;
        }
    }
    Ok(start.elapsed())
}

fn unix_ms() -> Result<u64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).context("read the clock")?;
    Ok(now.as_millis() as u64)
}

fn report(jobs: usize, drained: Duration, alone: &mut Latencies, during: &mut Latencies, mb: [f64; 2]) -> Report {
    let mut report = Report {
        name: "jobs",
        sketch: vec![
            "A job is a mutation with two more writes, its own row's states: about 200 us of processor time, half of what two cores can give if users are to have the other half.".into(),
            "So 3 000 to 6 000 jobs a second, and a user's call that waits for one job at most: p50 below 3 ms.".into(),
        ],
        headings: vec!["what", "measured"],
        notes: vec![
            format!("{jobs} mutations due at one moment, each inserting one document"),
            "a user writes every 5 ms meanwhile; the drain ends when all their documents are there".into(),
        ],
        ..Report::default()
    };
    let per_s = jobs as f64 / drained.as_secs_f64();
    let users =
        [alone.percentile_ms(0.5), alone.percentile_ms(0.99), during.percentile_ms(0.5), during.percentile_ms(0.99)];
    report.row(["jobs drained per second", &format!("{per_s:.0}")]);
    report.row(["user's call alone, p50 / p99 (ms)", &format!("{:.2} / {:.2}", users[0], users[1])]);
    report.row(["user's call meanwhile, p50 / p99 (ms)", &format!("{:.2} / {:.2}", users[2], users[3])]);
    report.row(["memory before and after (MB)", &format!("{:.0} / {:.0}", mb[0], mb[1])]);
    report.figure("jobs_per_s", per_s);
    report.figure("user_alone_p50_ms", users[0]);
    report.figure("user_alone_p99_ms", users[1]);
    report.figure("user_meanwhile_p50_ms", users[2]);
    report.figure("user_meanwhile_p99_ms", users[3]);
    report
}
