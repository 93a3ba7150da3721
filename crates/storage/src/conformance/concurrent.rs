//! Readers beside a writer and a trimmer: every read shows whole commits, whatever its timestamp.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use bytes::Bytes;
use value::Timestamp;

use super::{Harness, scan};
use crate::engine::{Commit, Engine, Order, Version, Write};
use crate::error::ReadError;

/// Accounts that money moves between. Count.
const ACCOUNTS: u64 = 12;
/// What all accounts hold together, always.
const TOTAL: u64 = ACCOUNTS * 3;
/// Transfers the writer makes. Count.
const COMMITS: u64 = 600;

pub(super) fn readers_see_whole_commits(harness: &impl Harness) {
    let engine = harness.engine();
    let opening = (0..ACCOUNTS).map(|account| write(account, 3)).collect();
    engine.append(Timestamp::ZERO, &[Commit { ts: Timestamp(1), writes: opening }]).unwrap();
    let done = &AtomicBool::new(false);
    thread::scope(|scope| {
        for lag in [0, 1, 40] {
            scope.spawn(move || check_totals(engine, lag, done));
        }
        scope.spawn(move || trim_behind(engine, done));
        transfer(engine);
        done.store(true, SeqCst);
    });
}

/// Moves one unit at a time; an account without money has no row.
fn transfer(engine: &dyn Engine) {
    let mut balances = [3; ACCOUNTS as usize];
    for step in 2..COMMITS {
        let source = (0..ACCOUNTS).map(|next| (step + next) % ACCOUNTS);
        let source = source.into_iter().find(|account| balances[*account as usize] > 0).unwrap();
        let target = step * 7 % ACCOUNTS;
        balances[source as usize] -= 1;
        balances[target as usize] += 1;
        let writes = [source, target].map(|account| write(account, balances[account as usize]));
        let commit = Commit { ts: Timestamp(step), writes: writes.into() };
        engine.append(Timestamp(step - 1), &[commit]).unwrap();
    }
}

fn trim_behind(engine: &dyn Engine, done: &AtomicBool) {
    while !done.load(SeqCst) {
        engine.trim(Timestamp(engine.latest().0.saturating_sub(60)), 20).unwrap();
        thread::yield_now();
    }
}

fn check_totals(engine: &dyn Engine, lag: u64, done: &AtomicBool) {
    while !done.load(SeqCst) {
        let at = Timestamp(engine.latest().0.saturating_sub(lag).max(1));
        match totals(engine, at) {
            Ok(totals) => assert_eq!(totals, [TOTAL; 3], "at {at:?}"),
            Err(ReadError::SnapshotExpired { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Adds up the accounts three ways.
fn totals(engine: &dyn Engine, at: Timestamp) -> Result<[u64; 3], ReadError> {
    let mut totals = [0; 3];
    for (total, order) in totals.iter_mut().zip([Order::Ascending, Order::Descending]) {
        let page = engine.scan(&scan("", "z", order, 100), at)?;
        *total = page.rows.iter().map(|(_, version)| balance(version)).sum();
    }
    for account in 0..ACCOUNTS {
        totals[2] += engine.get(&key(account), at)?.as_ref().map_or(0, balance);
    }
    Ok(totals)
}

fn write(account: u64, balance: u64) -> Write {
    let value = Bytes::copy_from_slice(&balance.to_be_bytes());
    Write { key: key(account), value: (balance > 0).then_some(value) }
}

fn key(account: u64) -> Bytes {
    format!("account {account:02}").into()
}

fn balance(version: &Version) -> u64 {
    u64::from_be_bytes(version.value[..].try_into().unwrap())
}
