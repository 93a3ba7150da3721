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
    peer::Peer,
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

const SERVERS: [&str; 2] = ["concave", "node + postgresql"];
const DISTRIBUTIONS: [&str; 2] = ["uniform", "zipf 1.5"];

pub async fn run(size: Size) -> Result<Report> {
    let scratch = Scratch::new()?;
    let accounts = size.pick(ACCOUNTS_QUICK, ACCOUNTS);
    let peer = Peer::start(&scratch, accounts, BALANCE)?;
    let concave = Concave::start(&scratch.join("concave")).await?;
    concave.push("transfer")?;
    let ids = Rc::new(open_accounts(&concave, accounts).await?);
    let choices = [Rc::new(Choice::uniform(accounts)), Rc::new(Choice::zipf(accounts, ALPHA))];
    let mut measured: [[Cell; 2]; 2] = Default::default();
    for round in 0..size.pick(ROUNDS_QUICK, ROUNDS) {
        for distribution in 0..2 {
            // Who goes first alternates, so that neither always meets the other's leftovers.
            for server in [round % 2, 1 - round % 2] {
                let port = [concave.port, peer.port][server];
                let bodies = Bodies { ids: (server == 0).then(|| ids.clone()), choice: choices[distribution].clone() };
                let processes = if server == 0 { vec![concave.process_id()] } else { peer.process_ids()? };
                measured[server][distribution].round(load(size, port, round), bodies, &processes).await?;
            }
        }
    }
    let expected = (accounts as u64, (accounts as u64 * BALANCE) as f64);
    let found = total(&concave).await?;
    ensure!(found == expected, "concave's balances add up to {found:?}, not {expected:?}");
    let found = peer.total()?;
    ensure!(found == expected, "the peer's balances add up to {found:?}, not {expected:?}");
    Ok(report(accounts, &mut measured))
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
    async fn round(&mut self, load: Load, bodies: Bodies, processes: &[u32]) -> Result<()> {
        let busy = || -> Result<f64> { processes.iter().map(|id| machine::processor_seconds(*id)).sum() };
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

fn report(accounts: usize, measured: &mut [[Cell; 2]; 2]) -> Report {
    let mut report = Report {
        name: "transfer",
        sketch: vec![
            "Node + PostgreSQL: five round trips per transfer at some 70 µs of processor each, about 2 700/s on two cores.".into(),
            "Skewed, its hot row is locked from read to commit: one sync plus two round trips, about 1 000/s.".into(),
            "Concave: 120 µs in the function, 60 µs HTTP, 40 µs database, 30 µs generator: 250 µs on two cores, 8 000/s, \
             and the same skewed, because a transfer holds a hot account only while its function runs."
                .into(),
        ],
        headings: vec!["server", "accounts chosen", "transfers/s", "p50 ms", "p99 ms", "server µs", "generator µs"],
        ..Report::default()
    };
    let mut per_s = [[0.0; 2]; 2];
    for (server, name) in SERVERS.iter().enumerate() {
        for (distribution, chosen) in DISTRIBUTIONS.iter().enumerate() {
            let cell = &mut measured[server][distribution];
            let rate = Spread::of(&cell.per_s);
            per_s[server][distribution] = rate.median;
            let (p50, p99) = (cell.latencies.percentile_ms(0.50), cell.latencies.percentile_ms(0.99));
            let (server_us, generator_us) = (Spread::of(&cell.server_us), Spread::of(&cell.generator_us));
            report.row([
                name,
                chosen,
                &rate.text(0),
                &format!("{p50:.1}"),
                &format!("{p99:.1}"),
                &format!("{:.0}", server_us.median),
                &format!("{:.0}", generator_us.median),
            ]);
            let key = format!("{}{}", ["", "node_pg_"][server], ["uniform", "zipf"][distribution]);
            report.figure(&format!("{key}_per_s"), rate.median);
            report.figure(&format!("{key}_p50_ms"), p50);
            report.figure(&format!("{key}_p99_ms"), p99);
            report.figure(&format!("{key}_server_us"), server_us.median);
        }
    }
    let [[uniform, zipf], [node_uniform, node_zipf]] = per_s;
    report.figure("uniform_over_node_pg", uniform / node_uniform);
    report.figure("zipf_over_node_pg", zipf / node_zipf);
    report.figure("zipf_over_uniform", zipf / uniform);
    report.figure("accounts", accounts as f64);
    report.at_least("uniform over Node + PostgreSQL", uniform / node_uniform, 3.0, " ×");
    report.at_least("zipf over Node + PostgreSQL", zipf / node_zipf, 5.0, " ×");
    report.at_least("zipf over uniform", zipf / uniform, 0.6, " ×");
    report.notes = vec![
        format!("{accounts} accounts, {CALLERS} callers, one request each outstanding; medians of rounds (lowest..highest)"),
        "every balance was read afterwards and both totals were exact; no request failed".into(),
        "µs: processor time per transfer of the server's processes and of the load generator".into(),
        "peer: Node's HTTP server, a pg pool, one transaction with FOR UPDATE in id order, PostgreSQL's default settings".into(),
    ];
    report
}
