//! The table `_components`: one row per component instance there ever was, with the number of its namespace.
//!
//! A push reserves numbers for new instances when it starts, because their schemas are checked before it finishes.
//! Numbers are never used twice, so whatever an instance leaves behind cannot turn up in another one.

use std::collections::BTreeMap;

use db::{Database, Namespace, Transaction};
use value::{DocumentId, Value};

use super::LoadError;
use crate::deploy::tables;

pub(crate) const TABLE: &str = "_components";

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstanceState {
    /// A push that has it was started; none was finished.
    Reserved,
    Active,
    /// Not part of the app any more; its data is kept.
    Unmounted,
    /// Its data was deleted, too; the row keeps the number from being used again.
    Deleted,
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    row: DocumentId,
    pub path: String,
    pub namespace: Namespace,
    pub state: InstanceState,
}

impl InstanceState {
    fn name(self) -> &'static str {
        match self {
            InstanceState::Reserved => "reserved",
            InstanceState::Active => "active",
            InstanceState::Unmounted => "unmounted",
            InstanceState::Deleted => "deleted",
        }
    }

    fn parse(name: &str) -> Option<InstanceState> {
        let states = [InstanceState::Reserved, InstanceState::Active, InstanceState::Unmounted, InstanceState::Deleted];
        states.into_iter().find(|state| state.name() == name)
    }
}

/// The instances whose data exists, by path.
pub(crate) fn read(tx: &mut Transaction) -> Result<BTreeMap<String, Instance>, LoadError> {
    let all = read_all(tx)?.into_iter();
    let kept = all.filter(|instance| instance.state != InstanceState::Deleted);
    Ok(kept.map(|instance| (instance.path.clone(), instance)).collect())
}

/// Finds or reserves a namespace for each path; the app's own is fixed.
pub(crate) fn reserve<'p>(
    tx: &mut Transaction,
    paths: impl Iterator<Item = &'p str>,
) -> Result<BTreeMap<String, Namespace>, LoadError> {
    let existing = read(tx)?;
    let mut next = read_all(tx)?.iter().map(|instance| instance.namespace.0).max().unwrap_or(0) + 1;
    let mut namespaces = BTreeMap::new();
    for path in paths {
        let namespace = match (path, existing.get(path)) {
            ("", _) => Namespace::ROOT,
            (_, Some(instance)) => instance.namespace,
            (_, None) => {
                let namespace = Namespace(next);
                next += 1;
                tx.insert(Namespace::ROOT, TABLE, row(path, namespace, InstanceState::Reserved))?;
                namespace
            }
        };
        namespaces.insert(path.to_owned(), namespace);
    }
    Ok(namespaces)
}

/// Writes the state of an instance, if it is another one.
pub(crate) fn set_state(tx: &mut Transaction, instance: &Instance, state: InstanceState) -> Result<(), db::Error> {
    if instance.state != state {
        tx.replace(Namespace::ROOT, instance.row, row(&instance.path, instance.namespace, state))?;
    }
    Ok(())
}

/// Makes the system tables that every component has. Blocking.
pub(crate) fn ensure_tables(database: &Database, namespace: Namespace) -> Result<(), db::Error> {
    crate::scheduler::ensure_table(database, namespace)?;
    crate::crons::ensure_tables(database, namespace)?;
    crate::files::ensure_table(database, namespace)
}

fn read_all(tx: &mut Transaction) -> Result<Vec<Instance>, LoadError> {
    tables::all(tx, TABLE)?.iter().map(|row| parse(row)).collect()
}

fn parse(row: &db::Document) -> Result<Instance, LoadError> {
    let damaged = |what: &str| LoadError::malformed(TABLE, format!("{what} of row {}", row.id));
    let text = |name: &str| row.value.get(name).and_then(Value::as_str).ok_or_else(|| damaged(name));
    let number = match row.value.get("namespace") {
        Some(Value::Int64(number)) => u32::try_from(*number).ok(),
        _ => None,
    };
    Ok(Instance {
        row: row.id,
        path: text("path")?.to_owned(),
        namespace: Namespace(number.ok_or_else(|| damaged("namespace"))?),
        state: InstanceState::parse(text("state")?).ok_or_else(|| damaged("state"))?,
    })
}

fn row(path: &str, namespace: Namespace, state: InstanceState) -> value::Object {
    tables::object([
        ("path", Value::String(path.to_owned())),
        ("namespace", Value::Int64(i64::from(namespace.0))),
        ("state", Value::String(state.name().to_owned())),
    ])
}
