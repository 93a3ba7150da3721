//! What becomes of a push: activation, conflicts, schemas, stored sources.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::analysis::set;
use super::*;

const HELLO: &str = "export const hello = query(async () => 'hello');";

// `start_push` never makes new code callable (`codegen` on a running app changes nothing visible).
#[test]
fn only_finishing_makes_code_callable() {
    let backend = Backend::start();
    let started = backend.start_push(&Project::new(HELLO)).ok().unwrap();
    assert_eq!(backend.progress(&started), SchemaProgress::Complete);
    assert_eq!(backend.deployment().version, 0);
    assert!(backend.query("app:hello", json!({}), Identity::Anonymous).outcome.is_err());
    backend.finish(&started).unwrap();
    assert_eq!(backend.value("app:hello", json!({})), "hello");
}

#[test]
fn a_push_makes_live_results_stale() {
    let backend = Backend::start();
    backend.push(&Project::new(HELLO));
    let stale = Arc::new(AtomicBool::new(false));
    let flag = stale.clone();
    let result = backend.query("app:hello", json!({}), Identity::Anonymous);
    result.on_invalidated(Box::new(move |_| flag.store(true, Ordering::SeqCst)));
    backend.push(&Project::new("export const hello = query(async () => 'bye');"));
    assert!(stale.load(Ordering::SeqCst));
    assert_eq!(backend.value("app:hello", json!({})), "bye");
}

// Second push without changes sends only `unchangedModuleHashes` and succeeds; wrong hash → 409.
#[test]
fn unchanged_modules_come_from_the_deployment() {
    let backend = Backend::start();
    let project = Project::new(HELLO).module("other.js", "export const x = query(async () => 2);");
    backend.push(&project);
    backend.push(&project.clone().unchanged("_deps/lib.js").unchanged("app.js").unchanged("other.js"));
    assert_eq!(backend.value("app:hello", json!({})), "hello");

    let edited = project.clone().module("app.js", "").unchanged("app.js");
    let error = backend.start_push(&edited).err().unwrap();
    assert_eq!((error.code, error.kind), ("ExistingModuleHashConflict", crate::ErrorKind::Conflict));
    let unknown = project.clone().module("new.js", "").unchanged("new.js");
    assert_eq!(backend.start_push(&unknown).err().unwrap().code, "MissingExistingModule");
}

// Module missing from both lists is deleted.
#[test]
fn modules_that_are_not_listed_are_deleted() {
    let backend = Backend::start();
    let project = Project::new(HELLO).module("other.js", "export const x = query(async () => 2);");
    assert_eq!(backend.push(&project).components[""].modules_added, ["app.js", "other.js"]);
    let diff = backend.push(&Project::new(HELLO));
    assert_eq!(diff.components[""].modules_removed, ["other.js"]);
    assert!(backend.query("other:x", json!({}), Identity::Anonymous).outcome.is_err());
}

// Fresh deployment: `get_config_hashes` → empty list; after a push it lists every root module incl. `_deps`.
#[test]
fn every_module_is_listed_with_its_hash() {
    let backend = Backend::start();
    assert!(backend.deployment().root().is_none());
    backend.push(&Project::new(HELLO));
    let deployment = backend.deployment();
    let modules = &deployment.root().unwrap().modules;
    assert_eq!(modules.keys().collect::<Vec<_>>(), ["_deps/lib.js", "app.js"]);
    let library = SourceText { source: LIBRARY.into(), source_map: None };
    assert_eq!(modules["_deps/lib.js"].hash, library.hash());
}

#[test]
fn a_restart_brings_the_deployment_back() {
    let engine = Arc::new(MemoryEngine::new());
    let before = {
        let backend = Backend::on(engine.clone());
        set(&backend, "FOO", Some("bar")).unwrap();
        let auth = r#"export default { providers: [{ domain: "https://a.example", applicationID: "b" }] };"#;
        let crons = r#"export default cronJobs({ c: { name: "app:tick", args: [{}], schedule: { type: "cron", cron: "0 * * * *" } } });"#;
        let code = "export const env = query(async () => process.env.FOO, '{\"type\":\"object\",\"value\":{}}');
            export const tick = internalMutation(async () => 1);";
        backend.push(&Project::new(code).module("auth.config.js", auth).module("crons.js", crons));
        assert_eq!(backend.value("app:env", json!({})), "bar");
        backend.deployment()
    };
    let backend = Backend::on(engine);
    let after = backend.deployment();
    assert_eq!((after.version, after.generation), (before.version, before.generation));
    assert_eq!((&after.env, &after.auth_providers), (&before.env, &before.auth_providers));
    let (old, new) = (before.root().unwrap(), after.root().unwrap());
    assert_eq!((&old.functions, &old.crons, &old.modules), (&new.functions, &new.crons, &new.modules));
    assert_eq!(backend.value("app:env", json!({})), "bar");
}

// Two concurrent pushes: the older gets raceDetected or `ConcurrentPush`.
#[test]
fn of_two_concurrent_pushes_one_is_told() {
    let backend = Backend::start();
    let older = backend.start_push(&Project::new(HELLO)).ok().unwrap();
    let newer = backend.start_push(&Project::new(HELLO)).ok().unwrap();
    assert_eq!(backend.progress(&newer), SchemaProgress::Complete);
    backend.finish(&newer).unwrap();
    assert_eq!(backend.finish(&older).unwrap_err().code, "ConcurrentPush");
    assert_eq!(backend.finish(&newer).unwrap_err().code, "ConcurrentPush", "a push finishes once");
}

// Env var change between start and finish → `RaceDetected`, `dev` retries.
#[test]
fn a_changed_environment_stops_a_push() {
    let backend = Backend::start();
    let started = backend.start_push(&Project::new(HELLO)).ok().unwrap();
    set(&backend, "FOO", Some("bar")).unwrap();
    assert_eq!(backend.finish(&started).unwrap_err().code, "RaceDetected");
}

// `finish_push` is atomic; returns diffs; `--dry-run` changes nothing and returns empty diffs.
#[test]
fn a_dry_run_changes_nothing() {
    let backend = Backend::start();
    let started = backend.start_push(&Project::new(HELLO)).ok().unwrap();
    assert_eq!(backend.progress(&started), SchemaProgress::Complete);
    let request = FinishRequest { dry_run: true, ..finish_request(&started) };
    let diff = wait(finish_push(&backend.runtime, request)).unwrap();
    assert!(diff.components.is_empty());
    assert_eq!(backend.deployment().version, 0);
}

fn schema(tables: Json) -> Json {
    json!({ "tables": tables, "schemaValidation": true })
}

fn notes(author: &str, indexes: Json) -> Json {
    json!([{ "tableName": "notes", "indexes": indexes, "searchIndexes": [], "vectorIndexes": [],
        "documentType": { "type": "object", "value": { "author": { "fieldType": { "type": author }, "optional": false } } } }])
}

const NOTES: &str = r#"
    export const add = mutation((value) => db.insert("notes", value));
    export const by = query(({ author }) => db.index("notes", "by_author", author));
    export const fix = mutation(({ id }) => db.patch(id, { author: "x" }));"#;

// New index backfills before `finish_push`; `finish_push` reports it.
#[test]
fn an_index_on_stored_documents_is_built_before_it_is_used() {
    let backend = Backend::start();
    backend.push(&Project::new(NOTES));
    for author in ["ann", "bob", "ann"] {
        backend.mutate("app:add", json!({ "author": author }));
    }
    let index = json!([{ "indexDescriptor": "by_author", "fields": ["author"] }]);
    let project = Project::new(NOTES).schema(schema(notes("string", index)));
    let started = backend.start_push(&project).ok().unwrap();
    let added = &started.schema_change.index_diffs[""].added;
    assert_eq!(added.iter().map(|index| index.name.as_str()).collect::<Vec<_>>(), ["notes.by_author"]);
    assert_eq!(backend.progress(&started), SchemaProgress::Complete);
    let diff = backend.finish(&started).unwrap();
    assert_eq!(diff.components[""].indexes.added.len(), 1);
    assert!(diff.components[""].schema.is_some());
    assert_eq!(backend.value("app:by", json!({ "author": "ann" })).as_array().unwrap().len(), 2);

    let diff = backend.push(&Project::new(NOTES).schema(schema(notes("string", json!([])))));
    assert_eq!(diff.components[""].indexes.removed.len(), 1);
    assert!(backend.query("app:by", json!({ "author": "ann" }), Identity::Anonymous).outcome.is_err());
}

// Schema violation → `failed` with `tableName`; the old schema stays.
#[test]
fn documents_that_break_the_schema_stop_the_push() {
    let backend = Backend::start();
    backend.push(&Project::new(NOTES));
    let id = backend.mutate("app:add", json!({ "author": 7 }));
    let project = Project::new(NOTES).schema(schema(notes("string", json!([]))));
    let started = backend.start_push(&project).ok().unwrap();
    let SchemaProgress::Failed { error, table, .. } = backend.progress(&started) else {
        panic!("the schema must not pass")
    };
    assert_eq!(table.as_deref(), Some("notes"));
    assert!(error.contains("does not match the schema"), "{error}");
    assert!(backend.finish(&started).is_err());
    assert_eq!(backend.deployment().generation, 1);
    backend.mutate("app:fix", json!({ "id": id }));
    backend.push(&project);
    assert_eq!(backend.deployment().generation, 2);
}

// `evaluate_push` commits nothing and returns `schemaChange`.
#[test]
fn evaluating_foretells_without_storing() {
    let backend = Backend::start();
    backend.push(&Project::new(NOTES));
    backend.mutate("app:add", json!({ "author": "ann" }));
    let index = json!([{ "indexDescriptor": "by_author", "fields": ["author"] }]);
    let request = Project::new(NOTES).schema(schema(notes("string", index))).request();
    let before = backend.runtime.latest_ts();
    let change = wait(evaluate_push(&backend.runtime, request.clone())).unwrap();
    assert!(change.schema_ids.is_empty());
    assert_eq!(change.index_diffs[""].added.len(), 1);
    let prediction = wait(evaluate_schema(&backend.runtime, request)).unwrap();
    let prediction = &prediction.components[""];
    let table = &prediction.tables[0];
    assert_eq!((table.outcome, table.documents), (TableOutcome::MustWalk, 1));
    assert!(table.bytes > 0);
    assert_eq!((prediction.indexes[0].change, prediction.indexes[0].documents), (IndexChange::Added, 1));
    assert_eq!(backend.runtime.latest_ts(), before);
}

// Sources that nothing refers to are not kept.
#[test]
fn replaced_sources_are_deleted() {
    let backend = Backend::start();
    let chunks = || {
        let mut tx = backend.database.begin(db::BeginAt::Durable).unwrap();
        tables::all(&mut tx, tables::CHUNKS).unwrap().len()
    };
    for round in 0..12 {
        let project = Project::new(&format!("export const hello = query(async () => {round});"));
        backend.start_push(&project).ok().unwrap();
        backend.push(&project);
    }
    assert_eq!(chunks(), 2, "one for each module");
    for round in 0..20 {
        backend.start_push(&Project::new(&format!("export const bye = query(async () => {round});"))).ok().unwrap();
    }
    assert!(chunks() < 40, "unfinished pushes are bounded: {}", chunks());
    backend.push(&Project::new(HELLO).module("last.js", ""));
    assert_eq!(chunks(), 3);
}
