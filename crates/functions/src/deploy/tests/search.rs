//! Full-text and vector search through a pushed app.

use super::*;
use serde_json::json;

const APP: &str = r#"
    const rows = async (filters, operators = []) => {
        const query = { source: { type: "Search", indexName: "notes.text", filters }, operators };
        const { queryId } = JSON.parse(Convex.syscall("1.0/queryStream", JSON.stringify({ query, version: "1.48.0" })));
        const found = [];
        for (;;) {
            const { value, done } = await call("1.0/queryStreamNext", { queryId });
            if (done) return found.map((row) => row.body);
            found.push(value);
        }
    };
    const search = (text) => rows([{ type: "Search", fieldPath: "body", value: text }]);
    export const add = mutation((value) => db.insert("notes", value));
    export const find = query(({ text }) => search(text));
    export const addAndFind = mutation(async ({ body, text }) => {
        await db.insert("notes", { body });
        return await search(text);
    });
    export const wrong = query(async () => {
        try { await rows([]); } catch (error) { return error.message; }
    });
    const nearest = async (query) => (await call("1.0/actions/vectorSearch",
        { query: { indexName: "notes.near", expressions: null, ...query }, version: "1.48.0", requestId: "" })).results;
    export const near = action(({ kind, ...query }) => nearest(kind === undefined ? query
        : { ...query, expressions: { $eq: [{ $field: "kind" }, { $literal: kind }] } }));
    export const refused = action(async (query) => {
        try { await nearest(query); } catch (error) { return error.message; }
    });
    export const inQuery = query(async () => {
        try { await call("1.0/actions/vectorSearch", { query: {} }); } catch (error) { return error.message; }
    });"#;

fn project(source: &str) -> Project {
    let field = |kind: Json| json!({ "fieldType": kind, "optional": true });
    let document = json!({ "type": "object", "value": {
        "body": field(json!({ "type": "string" })),
        "kind": field(json!({ "type": "string" })),
        "v": field(json!({ "type": "array", "value": { "type": "number" } })),
    } });
    Project::new(source).schema(json!({ "schemaValidation": true, "tables": [{
        "tableName": "notes", "indexes": [], "documentType": document,
        "searchIndexes": [{ "indexDescriptor": "text", "searchField": "body", "filterFields": [] }],
        "vectorIndexes": [{ "indexDescriptor": "near", "vectorField": "v", "dimensions": 2, "filterFields": ["kind"] }],
    }] }))
}

fn act(backend: &Backend, path: &str, args: Json) -> Json {
    let call = as_admin(path, args, Identity::Admin { read_only: false });
    let result = wait(backend.runtime.action(call)).unwrap();
    serde_json::from_str(&result.outcome.unwrap()).unwrap()
}

#[test]
fn queries_and_mutations_search() {
    let backend = Backend::start();
    backend.push(&project(APP));
    backend.mutate("app:add", json!({ "body": "red apple" }));
    backend.mutate("app:add", json!({ "body": "green pear" }));
    assert_eq!(backend.value("app:find", json!({ "text": "APP" })), json!(["red apple"]));
    let own = backend.mutate("app:addAndFind", json!({ "body": "apple apple", "text": "apple" }));
    assert_eq!(own, json!(["apple apple", "red apple"]));
    let message = backend.value("app:wrong", json!({}));
    assert!(message.as_str().unwrap().contains("has no `.search` condition"), "{message}");
}

// search is reactive to add/change/delete of matching docs
#[test]
fn a_result_of_a_search_stays_valid_until_something_matches() {
    let backend = Backend::start();
    backend.push(&project(APP));
    let first = backend.query("app:find", json!({ "text": "apple" }), Identity::Admin { read_only: false });
    backend.mutate("app:add", json!({ "body": "green pear" }));
    assert!(first.valid_at(backend.runtime.latest_ts()));
    backend.mutate("app:add", json!({ "body": "red apple" }));
    assert!(!first.valid_at(backend.runtime.latest_ts()));
    assert_eq!(backend.value("app:find", json!({ "text": "apple" })), json!(["red apple"]));
}

#[test]
fn actions_find_the_nearest_vectors() {
    let backend = Backend::start();
    backend.push(&project(APP));
    let ids: Vec<Json> =
        [json!({ "v": [1.0, 0.0], "kind": "a" }), json!({ "v": [0.0, 5.0] }), json!({ "v": [2.0, 2.0] })]
            .into_iter()
            .map(|document| backend.mutate("app:add", document))
            .collect();
    let found = act(&backend, "app:near", json!({ "vector": [3.0, 0.1] }));
    let order: Vec<&Json> = found.as_array().unwrap().iter().map(|result| &result["_id"]).collect();
    assert_eq!(order, [&ids[0], &ids[2], &ids[1]]);
    assert!((found[0]["_score"].as_f64().unwrap() - 0.99944).abs() < 1e-4, "{found}");
    let found = act(&backend, "app:near", json!({ "vector": [0.0, 1.0], "kind": "a" }));
    assert_eq!((found.as_array().unwrap().len(), &found[0]["_id"]), (1, &ids[0]));
    let refused = |query: Json| act(&backend, "app:refused", query);
    assert_eq!(refused(json!({ "vector": [1.0] })), json!("Expected a vector with dimensions 2, received 1."));
    assert_eq!(
        refused(json!({ "vector": [1.0, 2.0], "limit": 300 })),
        json!("Vector queries can fetch at most 256 results, requested 300.")
    );
    let none = json!({ "vector": [1.0, 2.0], "indexName": "notes.none" });
    assert_eq!(refused(none), json!("Index notes.none not found."));
    let message = backend.value("app:inQuery", json!({}));
    assert!(message.as_str().unwrap().contains("Unknown async operation"), "{message}");
}

#[test]
fn indexes_count_among_those_that_are_built() {
    let backend = Backend::start();
    backend.push(&Project::new(APP));
    for n in 0..300 {
        backend.mutate("app:add", json!({ "body": format!("note {n}") }));
    }
    let started = backend.start_push(&project(APP)).map_err(|error| error.to_string()).unwrap();
    assert_eq!(backend.progress(&started), SchemaProgress::Complete);
    let diff = backend.finish(&started).unwrap();
    let added: Vec<_> = diff.components[""].indexes.added.iter().map(|index| index.name.clone()).collect();
    assert_eq!(added, ["notes.near", "notes.text"]);
    assert_eq!(backend.value("app:find", json!({ "text": "299" })), json!(["note 299"]));
}
