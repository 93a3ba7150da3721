//! Reading and writing single documents.

use std::sync::Arc;

use value::{DocumentId, InternalId, Object, Timestamp, Value};

use super::{Transaction, writes::is_same};
use crate::{
    Namespace,
    cache::Seen,
    catalog::{Table, TableView, deps::Dep},
    document::{CREATION_TIME, Document, ID, check_fields, check_size, is_system_field, take_system_field},
    error::Error,
    keys::DocKey,
};

const DAY_NS: u64 = 24 * 60 * 60 * 1_000_000_000;

/// What an update starts from.
struct Current {
    table: Arc<Table>,
    key: DocKey,
    before: Seen,
    document: Arc<Document>,
}

impl Transaction {
    /// Returns a document, or `None` if it does not exist; either is recorded as read.
    pub fn get(&mut self, ns: Namespace, id: DocumentId) -> Result<Option<Arc<Document>>, Error> {
        let Some((table, key)) = self.locate(ns, id)? else {
            return Ok(None);
        };
        let document = match self.writes.get(&key) {
            Some(entry) => entry.after.clone(),
            None => self.peek_base(&table, key)?.document,
        };
        if let Some(document) = &document {
            self.count_read(document)?;
        }
        Ok(document)
    }

    /// Makes the transaction depend on a document without reading it: nothing counts towards the limits.
    pub fn depend_on(&mut self, ns: Namespace, id: DocumentId) {
        self.reads.points.insert(match self.catalog.table_numbered(ns, id.table) {
            Some(table) => DocKey::new(table.tablet, id.internal),
            None => Dep::Number(ns, id.table.0).key(),
        });
    }

    /// Adds a document, creating its table if it is the first one, and returns its id.
    pub fn insert(&mut self, ns: Namespace, table: &str, value: Object) -> Result<DocumentId, Error> {
        let table = self.table_or_create(ns, table)?;
        let internal = self.new_internal_id();
        let creation_time = self.next_creation_time();
        self.insert_into(&table, internal, creation_time, value)
    }

    /// Adds a document with a given id and creation time, as imports do. The id's table must exist.
    ///
    /// Errors: `DocumentExists` when the id is taken.
    pub fn insert_with_id(
        &mut self,
        ns: Namespace,
        id: DocumentId,
        creation_time: f64,
        value: Object,
    ) -> Result<(), Error> {
        let Some((table, key)) = self.locate(ns, id)? else {
            return Err(Error::developer("TableNotFound", format!("The table of ID {id} does not exist")));
        };
        self.check_absent(&table, key)?;
        self.insert_into(&table, id.internal, creation_time, value)?;
        Ok(())
    }

    /// As `insert`, under an internal id the caller derives from something it wants to be unique.
    ///
    /// Errors: `DocumentExists` when the id is taken.
    pub fn insert_with_internal_id(
        &mut self,
        ns: Namespace,
        table: &str,
        internal: InternalId,
        value: Object,
    ) -> Result<DocumentId, Error> {
        let table = self.table_or_create(ns, table)?;
        let key = DocKey::new(table.tablet, internal);
        self.record_point(key)?;
        self.check_absent(&table, key)?;
        let creation_time = self.next_creation_time();
        self.insert_into(&table, internal, creation_time, value)
    }

    /// Replaces the given fields, removing those without a value; returns the new document.
    pub fn patch(
        &mut self,
        ns: Namespace,
        id: DocumentId,
        patch: Vec<(String, Option<Value>)>,
    ) -> Result<Arc<Document>, Error> {
        let current = self.load_for_update(ns, id, "Update")?;
        let mut fields = current.document.value.clone();
        for (key, value) in patch {
            if is_system_field(&key) {
                take_system_field(&current.document, &key, value.as_ref())?;
                continue;
            }
            self.writes.has_commit_ts |= value.as_ref().is_some_and(Value::has_commit_ts);
            match value {
                Some(value) => fields.insert(key, value),
                None => fields.remove(&key),
            };
        }
        self.update(current, fields)
    }

    /// Replaces all fields, keeping id and creation time; returns the new document.
    pub fn replace(&mut self, ns: Namespace, id: DocumentId, value: Object) -> Result<Arc<Document>, Error> {
        let current = self.load_for_update(ns, id, "Replace")?;
        for key in [ID, CREATION_TIME] {
            if let Some(given) = value.get(key) {
                take_system_field(&current.document, key, Some(given))?;
            }
        }
        self.writes.has_commit_ts |= value.values().any(Value::has_commit_ts);
        let mut fields = value;
        fields.insert(ID, Value::String(id.encode()));
        fields.insert(CREATION_TIME, Value::Float64(current.document.creation_time));
        self.update(current, fields)
    }

    /// Removes a document and returns what it was.
    pub fn delete(&mut self, ns: Namespace, id: DocumentId) -> Result<Arc<Document>, Error> {
        let Current { table, key, before, document } = self.load_for_update(ns, id, "Delete")?;
        if !table.is_system() {
            self.count_write(document.size)?;
        }
        self.put_over(&table, key, before, None)?;
        Ok(document)
    }

    fn check_absent(&self, table: &Table, key: DocKey) -> Result<(), Error> {
        if self.peek(table, key.internal)?.is_none() {
            return Ok(());
        }
        let id = DocumentId { table: table.number, internal: key.internal };
        Err(Error::developer("DocumentExists", format!("Document with ID {id} exists already")))
    }

    /// Finds the table of an id and records the id as read.
    fn locate(&mut self, ns: Namespace, id: DocumentId) -> Result<Option<(Arc<Table>, DocKey)>, Error> {
        let Some(table) = self.catalog.table_numbered(ns, id.table).cloned() else {
            self.reads.points.insert(Dep::Number(ns, id.table.0).key());
            return Ok(None);
        };
        let key = DocKey::new(table.tablet, id.internal);
        self.record_point(key)?;
        Ok(Some((table, key)))
    }

    fn load_for_update(&mut self, ns: Namespace, id: DocumentId, verb: &str) -> Result<Current, Error> {
        let missing = || Error::developer("NonexistentDocument", format!("{verb} on nonexistent document ID {id}"));
        let (table, key) = self.locate(ns, id)?.ok_or_else(missing)?;
        let (before, document) = match self.writes.get(&key) {
            Some(entry) => (entry.before.clone(), entry.after.clone()),
            None => {
                let seen = self.peek_base(&table, key)?;
                (seen.clone(), seen.document)
            }
        };
        let document = document.ok_or_else(missing)?;
        Ok(Current { table, key, before, document })
    }

    fn insert_into(
        &mut self,
        table: &Table,
        internal: InternalId,
        creation_time: f64,
        value: Object,
    ) -> Result<DocumentId, Error> {
        let id = DocumentId { table: table.number, internal };
        let value = if table.is_system() {
            value
        } else {
            check_fields(&value)?;
            self.enforce(table, value)?
        };
        self.writes.has_commit_ts |= value.values().any(Value::has_commit_ts);
        let document = Arc::new(Document::new(id, creation_time, value));
        if !table.is_system() {
            check_size(document.size)?;
            self.count_write(document.size)?;
        }
        self.put(table, internal, Some(document))?;
        Ok(id)
    }

    /// Stores new fields, system fields included, unless they are what is there already.
    fn update(&mut self, current: Current, fields: Object) -> Result<Arc<Document>, Error> {
        let Current { table, key, before, document } = current;
        if is_same(&fields, &document.value) {
            return Ok(document);
        }
        let fields = if table.is_system() { fields } else { self.check_update(&table, fields)? };
        let size = fields.size();
        if !table.is_system() {
            check_size(size)?;
            self.count_write(size)?;
        }
        let creation_time = document.creation_time;
        let updated = Arc::new(Document { id: document.id, creation_time, value: fields, size });
        self.put_over(&table, key, before, Some(updated.clone()))?;
        Ok(updated)
    }

    fn check_update(&mut self, table: &Table, mut fields: Object) -> Result<Object, Error> {
        let id = fields.remove(ID);
        let creation_time = fields.remove(CREATION_TIME);
        check_fields(&fields)?;
        let mut fields = self.enforce(table, fields)?;
        for (key, value) in [(ID, id), (CREATION_TIME, creation_time)] {
            if let Some(value) = value {
                fields.insert(key, value);
            }
        }
        Ok(fields)
    }

    /// Checks fields against the enforced schema, and the pending one on its behalf.
    fn enforce(&mut self, table: &Table, fields: Object) -> Result<Object, Error> {
        if table.enforced.is_none() && table.checked.is_none() {
            return Ok(fields);
        }
        let view = TableView::new(self.catalog.clone(), table.ns);
        let value = Value::Object(fields);
        if let Some(validator) = &table.enforced
            && let Err(detail) = validator.check(&value, &view)
        {
            let message = format!(
                "Failed to insert or update a document in table \"{}\" because it does not match the schema: {detail}",
                table.name
            );
            return Err(Error::developer("SchemaEnforcementError", message));
        }
        if let Some((schema, validator)) = &table.checked
            && let Err(detail) = validator.check(&value, &view)
        {
            let error = format!("New document in table \"{}\" does not match the schema: {detail}", table.name);
            self.fail_schema(*schema, error, &table.name)?;
        }
        let Value::Object(fields) = value else { unreachable!("it was wrapped above") };
        Ok(fields)
    }

    /// Fourteen random bytes and the day, so that documents of one time lie together only by chance of the day.
    fn new_internal_id(&self) -> InternalId {
        let mut id = [0; 16];
        self.shared.platform.fill_random(&mut id[..14]);
        let day = self.shared.platform.now_ns() / DAY_NS;
        id[14..].copy_from_slice(&(day as u16).to_be_bytes());
        InternalId(id)
    }

    /// Starts at the wall clock or the snapshot, whichever is later, and ascends by the smallest step.
    fn next_creation_time(&mut self) -> f64 {
        let next = if self.last_creation_time == 0.0 {
            self.shared.platform.now_ms().max(timestamp_ms(self.snapshot.at))
        } else {
            self.last_creation_time
        };
        self.last_creation_time = next.next_up();
        self.last_creation_time
    }
}

fn timestamp_ms(ts: Timestamp) -> f64 {
    (ts.0 / 1_000_000) as f64 + (ts.0 % 1_000_000) as f64 / 1e6
}
