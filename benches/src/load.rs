//! A closed loop of callers over HTTP, bounded in time and count.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use tokio::task::LocalSet;

use crate::{http::Connection, random::Random, stats::Latencies};

/// Who is called, how often and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub port: u16,
    pub endpoint: &'static str,
    /// Connections, each with one request outstanding.
    pub callers: usize,
    pub warm_up: Duration,
    pub measured: Duration,
    /// Most requests altogether.
    pub requests_max: u64,
    pub seed: u64,
}

/// What a round gave.
#[derive(Debug)]
pub struct Outcome {
    pub per_s: f64,
    pub latencies: Latencies,
    /// Successful requests, those of the warm-up included.
    pub succeeded: u64,
}

/// Runs one round. `body` makes a request for a caller by number; a reply that is not a success ends the round
/// with an error.
pub async fn drive(load: Load, body: impl Fn(usize, &mut Random) -> String + 'static) -> Result<Outcome> {
    let mut connections = Vec::with_capacity(load.callers);
    for _ in 0..load.callers {
        connections.push(Connection::open(load.port).await?);
    }
    let start = Instant::now();
    let shared = Rc::new(Shared {
        load,
        from: start + load.warm_up,
        until: start + load.warm_up + load.measured,
        sent: Cell::new(0),
    });
    let (body, tasks) = (Rc::new(body), LocalSet::new());
    let callers: Vec<_> = connections
        .into_iter()
        .enumerate()
        .map(|(caller, connection)| tasks.spawn_local(one_caller(shared.clone(), body.clone(), caller, connection)))
        .collect();
    tasks.await;
    let mut outcome = Outcome { per_s: 0.0, latencies: Latencies::default(), succeeded: 0 };
    for caller in callers {
        let (latencies, succeeded) = caller.await??;
        outcome.latencies.append(latencies);
        outcome.succeeded += succeeded;
    }
    outcome.per_s = outcome.latencies.len() as f64 / load.measured.as_secs_f64();
    if shared.sent.get() >= load.requests_max && Instant::now() < shared.until {
        outcome.per_s = outcome.succeeded as f64 / start.elapsed().as_secs_f64();
    }
    Ok(outcome)
}

struct Shared {
    load: Load,
    from: Instant,
    until: Instant,
    sent: Cell<u64>,
}

async fn one_caller(
    shared: Rc<Shared>,
    body: Rc<impl Fn(usize, &mut Random) -> String>,
    caller: usize,
    mut connection: Connection,
) -> Result<(Latencies, u64)> {
    let mut random = Random::new(shared.load.seed.wrapping_add(caller as u64).wrapping_mul(0x9e37_79b9));
    let (mut latencies, mut succeeded) = (Latencies::default(), 0);
    loop {
        let sent_at = Instant::now();
        if sent_at >= shared.until || shared.sent.get() >= shared.load.requests_max {
            return Ok((latencies, succeeded));
        }
        shared.sent.set(shared.sent.get() + 1);
        let reply = connection.post(shared.load.endpoint, &body(caller, &mut random)).await?;
        let seen_at = Instant::now();
        if reply.status != 200 || !reply.body.contains("\"status\":\"success\"") {
            bail!("{} answered {} {}", shared.load.endpoint, reply.status, reply.body);
        }
        succeeded += 1;
        if seen_at >= shared.from && seen_at < shared.until {
            latencies.push(seen_at - sent_at);
        }
    }
}
