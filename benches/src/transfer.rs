//! `transfer`: transfers per second over HTTP, uniform and skewed, against Node and PostgreSQL.
//!
//! Both servers run at the same time and are loaded in turns, round by round, by the same callers with the same
//! requests but for the ids. Afterwards the balances of both must still add up.

use std::{rc::Rc, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::{
    Size,
    concave::Concave,
    http::{self, Connection},
    load::{self, Load},
    machine,
    peer::{Peer, Statements},
    random::Choice,
    report::Report,
    scratch::Scratch,
    stats::{Latencies, Spread},
};

/// Accounts. Count.
const ACCOUNTS: usize = 100_000;
const ACCOUNTS_QUICK: usize = 10_000;

/// Accounts opened by one mutation, and read by one page of the final check. Count.
const ACCOUNTS_PER_CALL: usize = 4_000;

/// What each account starts with.
const BALANCE: u64 = 1_000;

/// Concurrent callers. Count.
const CALLERS: usize = 64;

/// Skew of the second distribution: 63 % of its transfers touch one account.
const ALPHA: f64 = 1.5;

/// Rounds of each server and distribution. Count.
const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 3;

const WARM_UP: Duration = Duration::from_millis(1_000);
const WARM_UP_QUICK: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_secs(8);
const MEASURED_QUICK: Duration = Duration::from_millis(2_000);

/// Bound of one round. Count.
const REQUESTS_MAX: u64 = 2_000_000;

const SEED: u64 = 42;

/// What the design asks for, as ratios.
const TARGET_UNIFORM: f64 = 3.0;
const TARGET_ZIPF: f64 = 5.0;
const TARGET_ZIPF_OVER_UNIFORM: f64 = 0.6;

/// Who is loaded. Quick runs leave the last one out.
const SERVERS: [Server; 3] = [Server::Concave, Server::Peer(Statements::Plain), Server::Peer(Statements::Prepared)];
const DISTRIBUTIONS: [&str; 2] = ["uniform", "zipf 1.5"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    Concave,
    Peer(Statements),
}

impl Server {
    fn name(self) -> &'static str {
        match self {
            Server::Concave => "concave",
            Server::Peer(Statements::Plain) => "node + postgresql",
            Server::Peer(Statements::Prepared) => "the same, prepared statements",
        }
    }

    /// What its figures start with.
    fn prefix(self) -> &'static str {
        match self {
            Server::Concave => "",
            Server::Peer(Statements::Plain) => "node_pg_",
            Server::Peer(Statements::Prepared) => "node_pg_prepared_",
        }
    }
}

pub async fn run(size: Size) -> Result<Report> {
    let scratch = Scratch::new()?;
    let accounts = size.pick(ACCOUNTS_QUICK, ACCOUNTS);
    let peer = Peer::start(&scratch, accounts, BALANCE)?;
    let concave = Concave::start(&scratch.join("concave")).await?;
    concave.push("transfer")?;
    let ids = Rc::new(open_accounts(&concave, accounts).await?);
    let choices = [Rc::new(Choice::uniform(accounts)), Rc::new(Choice::zipf(accounts, ALPHA))];
    let servers = size.pick(&SERVERS[..2], &SERVERS[..]);
    let mut measured: Vec<[Cell; 2]> = servers.iter().map(|_| Default::default()).collect();
    for round in 0..size.pick(ROUNDS_QUICK, ROUNDS) {
        for (distribution, choice) in choices.iter().enumerate() {
            for turn in 0..servers.len() {
                // Who goes first changes, so that nobody always meets the other's leftovers.
                let server = (round + turn) % servers.len();
                let (port, ids) = match servers[server] {
                    Server::Concave => (concave.port, Some(ids.clone())),
                    Server::Peer(statements) => (peer.port(statements), None),
                };
                let processes = || match servers[server] {
                    Server::Concave => Ok(vec![concave.process_id()]),
                    Server::Peer(statements) => peer.process_ids(statements),
                };
                let bodies = Bodies { ids, choice: choice.clone() };
                measured[server][distribution].round(load(size, port, round), bodies, &processes).await?;
            }
        }
    }
    let expected = (accounts as u64, (accounts as u64 * BALANCE) as f64);
    let found = total(&concave).await?;
    ensure!(found == expected, "concave's balances add up to {found:?}, not {expected:?}");
    let found = peer.total()?;
    ensure!(found == expected, "the peer's balances add up to {found:?}, not {expected:?}");
    Ok(report(accounts, servers, &mut measured))
}

fn load(size: Size, port: u16, round: usize) -> Load {
    Load {
        port,
        endpoint: "/api/mutation",
        callers: CALLERS,
        warm_up: size.pick(WARM_UP_QUICK, WARM_UP),
        measured: size.pick(MEASURED_QUICK, MEASURED),
        requests_max: REQUESTS_MAX,
        seed: SEED + round as u64,
    }
}

async fn open_accounts(concave: &Concave, count: usize) -> Result<Vec<String>> {
    let mut connection = Connection::open(concave.port).await?;
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let args = json!({ "count": ACCOUNTS_PER_CALL.min(count - ids.len()), "balance": BALANCE });
        let opened = http::call(&mut connection, "/api/mutation", "transfer:open", args).await?;
        let opened: Vec<String> = serde_json::from_value(opened).context("read the ids of new accounts")?;
        ids.extend(opened);
    }
    Ok(ids)
}

/// Number of accounts and sum of their balances.
async fn total(concave: &Concave) -> Result<(u64, f64)> {
    let mut connection = Connection::open(concave.port).await?;
    let (mut count, mut sum, mut cursor) = (0, 0.0, serde_json::Value::Null);
    loop {
        let args = json!({ "paginationOpts": { "numItems": ACCOUNTS_PER_CALL, "cursor": cursor } });
        let mut page = http::call(&mut connection, "/api/query", "transfer:total", args).await?;
        count += page["count"].as_f64().context("read a page's count")? as u64;
        sum += page["sum"].as_f64().context("read a page's sum")?;
        if page["isDone"] == true {
            return Ok((count, sum));
        }
        cursor = page["continueCursor"].take();
    }
}

/// Makes the requests of one round.
struct Bodies {
    /// Ids by rank; the peer numbers its accounts from one instead.
    ids: Option<Rc<Vec<String>>>,
    choice: Rc<Choice>,
}

impl Bodies {
    fn make(&self, random: &mut crate::random::Random) -> String {
        let (from, to) = self.choice.pair(random);
        match &self.ids {
            Some(ids) => format!(
                r#"{{"path":"transfer:transfer","args":{{"from":"{}","to":"{}","amount":1}},"format":"json"}}"#,
                ids[from], ids[to]
            ),
            None => format!(
                r#"{{"path":"transfer:transfer","args":{{"from":{},"to":{},"amount":1}},"format":"json"}}"#,
                from + 1,
                to + 1
            ),
        }
    }
}

/// One server under one distribution.
#[derive(Default)]
struct Cell {
    per_s: Vec<f64>,
    /// Processor time of the server per transfer, in microseconds, by round.
    server_us: Vec<f64>,
    generator_us: Vec<f64>,
    latencies: Latencies,
}

impl Cell {
    async fn round(&mut self, load: Load, bodies: Bodies, processes: &dyn Fn() -> Result<Vec<u32>>) -> Result<()> {
        // Asked for anew: a server may start processes while it is loaded.
        let busy = || -> Result<f64> { processes()?.into_iter().map(machine::processor_seconds).sum() };
        let own = std::process::id();
        let (server_before, own_before) = (busy()?, machine::processor_seconds(own)?);
        let outcome = load::drive(load, move |_, random| bodies.make(random)).await?;
        let per_transfer = 1e6 / outcome.succeeded.max(1) as f64;
        self.server_us.push((busy()? - server_before) * per_transfer);
        self.generator_us.push((machine::processor_seconds(own)? - own_before) * per_transfer);
        self.per_s.push(outcome.per_s);
        self.latencies.append(outcome.latencies);
        Ok(())
    }
}

fn report(accounts: usize, servers: &[Server], measured: &mut [[Cell; 2]]) -> Report {
    let mut report = Report {
        name: "transfer",
        sketch: vec![
            "Node + PostgreSQL: five round trips per transfer at some 80 µs of processor each: 4 000 to 5 000/s on two cores.".into(),
            "Skewed, its hot row is locked from read to commit: one sync and three round trips, about 1 000/s.".into(),
            "Concave: 120 µs in the function, 60 µs HTTP, 40 µs database, 30 µs generator: 250 µs on two cores, 8 000/s, \
             and the same skewed, because a transfer holds a hot account only while its function runs."
                .into(),
        ],
        headings: vec!["server", "accounts chosen", "transfers/s", "p50 ms", "p99 ms", "server µs", "generator µs"],
        ..Report::default()
    };
    let mut per_s = vec![[0.0; 2]; servers.len()];
    for (server, cells) in measured.iter_mut().enumerate() {
        for (distribution, cell) in cells.iter_mut().enumerate() {
            per_s[server][distribution] = cell.show(&mut report, servers[server], distribution);
        }
    }
    let [uniform, zipf] = per_s[0];
    for (server, rates) in servers.iter().zip(&per_s).skip(1) {
        let suffix = server.prefix().trim_end_matches('_');
        report.figure(&format!("uniform_over_{suffix}"), uniform / rates[0]);
        report.figure(&format!("zipf_over_{suffix}"), zipf / rates[1]);
    }
    let [node_uniform, node_zipf] = per_s[1];
    report.figure("zipf_over_uniform", zipf / uniform);
    report.figure("accounts", accounts as f64);
    report.at_least("uniform over Node + PostgreSQL", uniform / node_uniform, TARGET_UNIFORM, " ×");
    report.at_least("zipf over Node + PostgreSQL", zipf / node_zipf, TARGET_ZIPF, " ×");
    report.at_least("zipf over uniform", zipf / uniform, TARGET_ZIPF_OVER_UNIFORM, " ×");
    report.notes = vec![
        format!("{accounts} accounts, {CALLERS} callers, one request each outstanding; medians of rounds (lowest..highest)"),
        "every balance was read afterwards and both totals were exact; no request failed".into(),
        "µs: processor time per transfer of the server's processes and of the load generator".into(),
        "peer: Node's HTTP server, a pg pool, one transaction with FOR UPDATE in id order, PostgreSQL's default settings".into(),
    ];
    report
}

impl Cell {
    /// Adds a row and its figures; returns the median rate.
    fn show(&mut self, report: &mut Report, server: Server, distribution: usize) -> f64 {
        let rate = Spread::of(&self.per_s);
        let (p50, p99) = (self.latencies.percentile_ms(0.50), self.latencies.percentile_ms(0.99));
        let (server_us, generator_us) = (Spread::of(&self.server_us).median, Spread::of(&self.generator_us).median);
        report.row([
            server.name(),
            DISTRIBUTIONS[distribution],
            &rate.text(0),
            &format!("{p50:.1}"),
            &format!("{p99:.1}"),
            &format!("{server_us:.0}"),
            &format!("{generator_us:.0}"),
        ]);
        let key = format!("{}{}", server.prefix(), ["uniform", "zipf"][distribution]);
        for (what, value) in [("per_s", rate.median), ("p50_ms", p50), ("p99_ms", p99), ("server_us", server_us)] {
            report.figure(&format!("{key}_{what}"), value);
        }
        rate.median
    }
}
