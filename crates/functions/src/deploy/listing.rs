//! The tables of the app and their indexes, for tools.

use db::{BeginAt, IndexInfo, Namespace};

use crate::Runtime;

/// A table of the app.
pub struct UserTable {
    pub name: String,
    pub is_empty: bool,
    /// The indexes the schema declares.
    pub indexes: Vec<IndexInfo>,
}

/// Every table of the root component, by name. A table that cannot be counted is listed as not empty.
pub fn user_tables(runtime: &Runtime) -> Vec<UserTable> {
    let database = runtime.database();
    let mut tx = database.begin(BeginAt::Durable).ok();
    let tables = database.list_tables(Namespace::ROOT).into_iter().filter(|table| !table.name.starts_with('_'));
    tables
        .map(|table| {
            let count = tx.as_mut().and_then(|tx| tx.count(Namespace::ROOT, &table.name).ok());
            let indexes = database.indexes(Namespace::ROOT, &table.name);
            UserTable { is_empty: count == Some(0), indexes, name: table.name }
        })
        .collect()
}
