//! The tables of a component and their indexes, for tools.

use db::{BeginAt, IndexInfo};

use crate::Runtime;

/// A table of a component.
pub struct UserTable {
    pub name: String,
    pub is_empty: bool,
    /// The indexes the schema declares.
    pub indexes: Vec<IndexInfo>,
}

/// Every table of a component, by name. A table that cannot be counted is listed as not empty.
pub fn user_tables(runtime: &Runtime, component: &str) -> Vec<UserTable> {
    let database = runtime.database();
    let Some(namespace) = runtime.deployment().namespace(component) else { return Vec::new() };
    let mut tx = database.begin(BeginAt::Durable).ok();
    let tables = database.list_tables(namespace).into_iter().filter(|table| !table.name.starts_with('_'));
    tables
        .map(|table| {
            let count = tx.as_mut().and_then(|tx| tx.count(namespace, &table.name).ok());
            let indexes = database.indexes(namespace, &table.name);
            UserTable { is_empty: count == Some(0), indexes, name: table.name }
        })
        .collect()
}
