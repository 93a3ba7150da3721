//! `ctx.db`.

use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use value::{DocumentId, Object, Value};

use super::client_version::{hex_digests, with_hex_digest};
use super::{CallHost, OpenStream, arguments, developer, invalid_argument};
use crate::FunctionKind;

type Reply = Result<String, js::HostError>;

/// Bytes that `_id` and `_creationTime` add to a document, about.
const SYSTEM_FIELDS_BYTES: usize = 60;

/// The system tables that functions may read.
const VISIBLE_SYSTEM_TABLES: [&str; 2] = ["_storage", "_scheduled_functions"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetArgs {
    id: String,
    #[serde(default)]
    is_system: bool,
    table: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize)]
struct InsertArgs<'a> {
    table: String,
    #[serde(borrow)]
    value: &'a RawValue,
}

#[derive(Deserialize)]
struct UpdateArgs<'a> {
    id: String,
    #[serde(borrow)]
    value: &'a RawValue,
    table: Option<String>,
}

#[derive(Deserialize)]
struct RemoveArgs {
    id: String,
    table: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NormalizeArgs {
    table: String,
    id_string: String,
}

#[derive(Deserialize)]
struct StreamArgs {
    query: Json,
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamIdArgs {
    query_id: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageArgs {
    query: Json,
    cursor: Option<String>,
    end_cursor: Option<String>,
    page_size: f64,
    maximum_rows_read: Option<f64>,
    maximum_bytes_read: Option<f64>,
    version: Option<String>,
}

#[derive(Deserialize)]
struct CountArgs {
    table: String,
}

impl CallHost<'_, '_> {
    pub(super) fn get(&mut self, json: &str) -> Reply {
        let args: GetArgs = arguments("db.get", json)?;
        let method = if args.is_system { "db.system.get" } else { "db.get" };
        let id = decode_id(&args.id, method)?;
        let Some(table) = self.tx.table_name(self.frame.namespace, id.table) else { return Ok("null".into()) };
        check_table(args.table.as_deref(), &table, method)?;
        if table.starts_with('_') != args.is_system {
            return Err(developer(if args.is_system {
                "User tables cannot be accessed with db.system."
            } else {
                "System tables can only be accessed with db.system."
            }));
        }
        check_visible(&table)?;
        let hex = hex_digests(&table, args.version.as_deref())?;
        let document = self.tx.get(self.frame.namespace, id).map_err(|error| self.failed(error))?;
        let Some(document) = document else { return Ok("null".into()) };
        Ok(if hex { object_json(&with_hex_digest(&document)) } else { object_json(&document.value) })
    }

    pub(super) fn insert(&mut self, json: &str) -> Reply {
        self.check_writable("insert")?;
        let args: InsertArgs<'_> = arguments("db.insert", json)?;
        check_user_table(&args.table)?;
        let Value::Object(object) = parse_value(args.value, "value", "db.insert")? else {
            return Err(developer("Value must be an Object"));
        };
        // Only what is long in JSON can be near a limit; most documents are not measured a second time.
        let measured = (json.len() >= REMARKABLE_JSON_BYTES || looks_nested(json)).then(|| measure(&object));
        let id = self.tx.insert(self.frame.namespace, &args.table, object).map_err(|error| self.failed(error))?;
        if let Some((bytes, nesting)) = measured {
            self.execution.peaks.document(id, bytes, nesting);
        }
        Ok(format!(r#"{{"_id":"{id}"}}"#))
    }

    pub(super) fn patch(&mut self, json: &str) -> Reply {
        self.check_writable("patch")?;
        let args: UpdateArgs<'_> = arguments("db.patch", json)?;
        let id = self.writable_id(&args.id, args.table.as_deref(), "db.patch", "Update")?;
        let fields = parse_patch(args.value)?;
        let document = self.tx.patch(self.frame.namespace, id, fields).map_err(|error| self.failed(error))?;
        self.remark(&document, json);
        Ok(object_json(&document.value))
    }

    pub(super) fn replace(&mut self, json: &str) -> Reply {
        self.check_writable("replace")?;
        let args: UpdateArgs<'_> = arguments("db.replace", json)?;
        let id = self.writable_id(&args.id, args.table.as_deref(), "db.replace", "Replace")?;
        let Value::Object(object) = parse_value(args.value, "value", "db.replace")? else {
            return Err(developer("Value must be an Object"));
        };
        let document = self.tx.replace(self.frame.namespace, id, object).map_err(|error| self.failed(error))?;
        self.remark(&document, json);
        Ok(object_json(&document.value))
    }

    pub(super) fn remove(&mut self, json: &str) -> Reply {
        self.check_writable("delete")?;
        let args: RemoveArgs = arguments("db.delete", json)?;
        let id = self.writable_id(&args.id, args.table.as_deref(), "db.delete", "Delete")?;
        let document = self.tx.delete(self.frame.namespace, id).map_err(|error| self.failed(error))?;
        Ok(object_json(&document.value))
    }

    pub(super) fn normalize_id(&mut self, json: &str) -> Reply {
        let args: NormalizeArgs = arguments("db.normalizeId", json)?;
        let id =
            args.id_string.parse::<DocumentId>().ok().filter(|id| {
                self.tx.table_name(self.frame.namespace, id.table).is_some_and(|table| table == args.table)
            });
        Ok(match id {
            Some(id) => format!(r#"{{"id":"{id}"}}"#),
            None => r#"{"id":null}"#.into(),
        })
    }

    pub(super) fn query_stream(&mut self, json: &str) -> Reply {
        let args: StreamArgs = arguments("db.query", json)?;
        let query = self.parse_query(&args.query)?;
        let hex_digests = hex_digests(query.source.table(), args.version.as_deref())?;
        let documents = self.tx.query(self.frame.namespace, query).map_err(|error| self.failed(error))?;
        let id = self.frame.stream_next;
        self.frame.stream_next += 1;
        self.frame.streams.insert(id, OpenStream { documents, hex_digests });
        Ok(format!(r#"{{"queryId":{id}}}"#))
    }

    pub(super) fn query_stream_next(&mut self, json: &str) -> Reply {
        let args: StreamIdArgs = arguments("db.query", json)?;
        let Some(stream) = self.frame.streams.get_mut(&args.query_id) else {
            return Err(developer("in-progress query not found"));
        };
        let hex_digests = stream.hex_digests;
        let next = self.tx.next(&mut stream.documents);
        let document = next.map_err(|error| self.failed(error))?;
        Ok(match document {
            None => r#"{"value":null,"done":true}"#.into(),
            Some(document) => {
                let mut text = String::with_capacity(document.size + 64);
                text.push_str(r#"{"value":"#);
                match hex_digests {
                    true => with_hex_digest(&document).write_json(&mut text),
                    false => document.value.write_json(&mut text),
                }
                text.push_str(r#","done":false}"#);
                text
            }
        })
    }

    pub(super) fn query_cleanup(&mut self, json: &str) -> Reply {
        let args: StreamIdArgs = arguments("db.query", json)?;
        Ok(self.frame.streams.remove(&args.query_id).is_some().to_string())
    }

    pub(super) fn query_page(&mut self, json: &str) -> Reply {
        let args: PageArgs = arguments("db.query.paginate", json)?;
        let query = self.parse_query(&args.query)?;
        let hex_digests = hex_digests(query.source.table(), args.version.as_deref())?;
        if std::mem::replace(&mut self.frame.paginated, true) {
            return Err(developer(
                "This query or mutation function ran multiple paginated queries. \
                 Convex only supports a single paginated query in each function.",
            ));
        }
        let request = db::PageRequest {
            cursor: args.cursor,
            end_cursor: args.end_cursor.or_else(|| self.frame.journal_start.clone()),
            page_size: whole(args.page_size),
            maximum_rows_read: args.maximum_rows_read.map(whole),
            maximum_bytes_read: args.maximum_bytes_read.map(whole),
        };
        let page = self.tx.paginate(self.frame.namespace, query, request).map_err(|error| self.failed(error))?;
        self.frame.journal_end = Some(page.continue_cursor.clone());
        Ok(page_json(&page, hex_digests))
    }

    pub(super) fn count(&mut self, json: &str) -> Reply {
        let args: CountArgs = arguments("db.count", json)?;
        check_visible(&args.table)?;
        let count = self.tx.count(self.frame.namespace, &args.table).map_err(|error| self.failed(error))?;
        Ok(count.to_string())
    }

    fn parse_query(&mut self, json: &Json) -> Result<db::Query, js::HostError> {
        let query = db::Query::from_json(json).map_err(|error| self.failed(error))?;
        check_visible(query.source.table())?;
        Ok(query)
    }

    fn check_writable(&self, verb: &str) -> Result<(), js::HostError> {
        match self.frame.kind {
            FunctionKind::Mutation => Ok(()),
            FunctionKind::Query | FunctionKind::Action | FunctionKind::HttpAction => {
                Err(developer(format!("Can't {verb} documents in a query: only mutations may write to the database.")))
            }
        }
    }

    /// Notes a document that was written with the operation `json`, in case it is near a limit.
    fn remark(&mut self, document: &db::Document, json: &str) {
        let nesting = if looks_nested(json) { document.value.nesting() } else { 0 };
        self.execution.peaks.document(document.id, document.size, nesting);
    }

    /// Decodes the id of a document to be written; `verb` starts the text for a missing table.
    fn writable_id(
        &mut self,
        id: &str,
        table: Option<&str>,
        method: &str,
        verb: &str,
    ) -> Result<DocumentId, js::HostError> {
        let decoded = decode_id(id, method)?;
        let Some(name) = self.tx.table_name(self.frame.namespace, decoded.table) else {
            return Err(developer(format!("{verb} on nonexistent document ID {id}")));
        };
        check_table(table, &name, method)?;
        check_user_table(&name)?;
        Ok(decoded)
    }
}

/// Shortest JSON of a document whose size may be near its limit: a float of nine bytes may be a digit and a comma.
const REMARKABLE_JSON_BYTES: usize = value::limits::DOCUMENT_BYTES_MAX / 8;

/// Whether JSON opens so many arrays and objects that what it holds may be deeply nested.
fn looks_nested(json: &str) -> bool {
    let opened = json.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    opened > value::limits::DOCUMENT_NESTING_MAX / 2
}

/// Size and nesting of a document made of `object`.
fn measure(object: &Object) -> (usize, usize) {
    (object.size() + SYSTEM_FIELDS_BYTES, object.nesting())
}

fn decode_id(id: &str, method: &str) -> Result<DocumentId, js::HostError> {
    id.parse().map_err(|error| invalid_argument("id", method, format!("Unable to decode ID: {error}")))
}

fn check_table(expected: Option<&str>, actual: &str, method: &str) -> Result<(), js::HostError> {
    match expected {
        Some(expected) if expected != actual => Err(invalid_argument(
            "id",
            method,
            format!("expected to be an Id<\"{expected}\">, got Id<\"{actual}\"> instead."),
        )),
        _ => Ok(()),
    }
}

fn check_user_table(table: &str) -> Result<(), js::HostError> {
    if table.starts_with('_') {
        return Err(developer("System tables (prefixed with `_`) are read-only."));
    }
    Ok(())
}

fn check_visible(table: &str) -> Result<(), js::HostError> {
    if table.starts_with('_') && !VISIBLE_SYSTEM_TABLES.contains(&table) {
        return Err(developer(format!("System table {table} cannot be read by functions.")));
    }
    Ok(())
}

fn parse_value(raw: &RawValue, argument: &str, method: &str) -> Result<Value, js::HostError> {
    Value::parse_json(raw.get()).map_err(|error| invalid_argument(argument, method, error))
}

/// The fields of a patch; `{"$undefined":null}` removes one.
fn parse_patch(raw: &RawValue) -> Result<Vec<(String, Option<Value>)>, js::HostError> {
    value::parse_patch_json(raw.get()).map_err(|error| invalid_argument("value", "db.patch", error))
}

fn object_json(object: &Object) -> String {
    let mut text = String::with_capacity(256);
    object.write_json(&mut text);
    text
}

/// Counts travel as JSON floats; whatever is not a count becomes zero, which the database refuses with its own text.
fn whole(number: f64) -> usize {
    if number.is_finite() && number >= 1.0 { number as usize } else { 0 }
}

fn status_name(status: db::PageStatus) -> &'static str {
    match status {
        db::PageStatus::SplitRecommended => "SplitRecommended",
        db::PageStatus::SplitRequired => "SplitRequired",
    }
}

fn page_json(page: &db::PageResult, hex_digests: bool) -> String {
    let mut text = String::from(r#"{"page":["#);
    for (index, document) in page.page.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match hex_digests {
            true => with_hex_digest(document).write_json(&mut text),
            false => document.value.write_json(&mut text),
        }
    }
    let rest = serde_json::json!({
        "isDone": page.is_done,
        "continueCursor": page.continue_cursor,
        "splitCursor": page.split_cursor,
        "pageStatus": page.page_status.map(status_name),
    });
    text.push_str("],");
    text.push_str(&rest.to_string()[1..]);
    text
}
