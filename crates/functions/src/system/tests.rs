use serde_json::{Value as Json, json};

use crate::deploy::tests::{Backend, Project};
use crate::*;

/// A call by `identity`.
pub(crate) fn as_admin(path: &str, args: Json, identity: Identity) -> CallRequest {
    CallRequest {
        path: FunctionPath::parse(path).unwrap(),
        args: args.to_string().into(),
        identity,
        caller: Caller::HttpApi,
        request_id: RequestId("0123456789abcdef".into()),
        origin: None,
    }
}

fn backend() -> Backend {
    let backend = Backend::start();
    backend.push(&Project::new(
        r#"export const add = mutation((value) => db.insert("notes", value));
        export const addOther = mutation((value) => db.insert("others", value));
        export const list = query(async () => 1, '{"type":"object","value":{}}');"#,
    ));
    for n in 0..5 {
        backend.mutate("app:add", json!({ "n": n }));
    }
    backend
}

// Non-admin access to `_system/*` is refused like a missing function.
#[test]
fn only_admins_may_call_them() {
    let backend = backend();
    let result = backend.query("_system/cli/tables", json!({}), Identity::Anonymous);
    let error = result.outcome.clone().unwrap_err();
    assert!(error.detail.contains("Could not find public function for '_system/cli/tables'"), "{}", error.detail);
}

// `function-spec` output matches analysis.
#[test]
fn the_specification_lists_functions() {
    let backend = backend();
    let spec = backend.value("_system/cli/modules:apiSpec", json!({}));
    assert_eq!(
        spec,
        json!([
            { "identifier": "app.js:add", "functionType": "Mutation", "visibility": { "kind": "public" },
              "args": { "type": "any" }, "returns": { "type": "any" } },
            { "identifier": "app.js:addOther", "functionType": "Mutation", "visibility": { "kind": "public" },
              "args": { "type": "any" }, "returns": { "type": "any" } },
            { "identifier": "app.js:list", "functionType": "Query", "visibility": { "kind": "public" },
              "args": { "type": "object", "value": {} }, "returns": { "type": "any" } },
        ])
    );
}

// `data` without/with table, `--limit`, `--order`, pagination over > 1 page.
#[test]
fn tables_can_be_read_page_by_page() {
    let backend = backend();
    let tables = backend.value("_system/cli/tables", json!({ "paginationOpts": { "cursor": null, "numItems": 100 } }));
    assert_eq!((&tables["page"], &tables["isDone"]), (&json!([{ "name": "notes" }]), &json!(true)));
    let page = |cursor: Json, order: &str| {
        let args = json!({ "table": "notes", "order": order, "paginationOpts": { "cursor": cursor, "numItems": 3 } });
        backend.value("_system/cli/tableData", args)
    };
    let numbers =
        |page: &Json| page["page"].as_array().unwrap().iter().map(|row| row["n"].as_f64().unwrap()).collect::<Vec<_>>();
    let first = page(Json::Null, "desc");
    assert_eq!((numbers(&first), &first["isDone"]), (vec![4.0, 3.0, 2.0], &json!(false)));
    let second = page(first["continueCursor"].clone(), "desc");
    assert_eq!(numbers(&second), [1.0, 0.0]);
    assert_eq!(numbers(&page(Json::Null, "asc")), [0.0, 1.0, 2.0]);
    let unknown = json!({ "table": "nowhere", "order": "asc", "paginationOpts": { "cursor": null, "numItems": 3 } });
    assert_eq!(backend.value("_system/cli/tableData", unknown)["page"], json!([]));
    let hidden = json!({ "table": "_modules", "order": "asc", "paginationOpts": { "cursor": null, "numItems": 3 } });
    assert_eq!(backend.value("_system/cli/tableData", hidden)["page"], json!([]));
    assert_eq!(backend.value("_system/cli/tableSize", json!({ "tableName": "notes" })), json!(5.0));
}

// Listings of tables did not change when a mutation made a new table, until the next push.
// They read the newest catalog beside their transaction, so nothing of it was in their read sets.
#[test]
fn a_new_table_appears_in_every_listing() {
    let backend = backend();
    let listings = || {
        let tables = backend.value("_system/cli/tables", json!({}))["page"].as_array().unwrap().len();
        let mapping = backend.value("_system/frontend/getTableMapping", json!({})).as_object().unwrap().len();
        (tables, mapping, backend.value("_system/frontend/tableSize:sizeOfAllTables", json!({})))
    };
    assert_eq!(listings(), (1, 1, json!(5.0)));
    backend.mutate("app:addOther", json!({ "n": 0 }));
    assert_eq!(listings(), (2, 2, json!(6.0)));
}

#[test]
fn the_schema_listing_follows_the_transaction() {
    let backend = backend();
    assert_eq!(backend.value("_system/frontend/getSchemas", json!({})), json!({}));
    let database = backend.runtime.database();
    let text = r#"{"tables":[{"tableName":"others","indexes":[]}],"schemaValidation":true}"#;
    let submitted = database.submit_schema(db::Namespace::ROOT, Some(db::Schema::parse_json(text).unwrap())).unwrap();
    let mut changes = database.wait_schema_change();
    while database.schema_state(db::Namespace::ROOT, submitted.id) != db::SchemaState::Ready {
        crate::tests::wait(changes.changed()).unwrap();
    }
    let mut tx = database.begin(db::BeginAt::Validated).unwrap();
    tx.activate_schema(db::Namespace::ROOT, submitted.id).unwrap();
    database.commit(tx, Default::default()).unwrap().wait().unwrap();
    let listed = backend.value("_system/frontend/getSchemas", json!({}));
    assert!(listed["active"].as_str().unwrap().contains("others"), "{listed}");
}

// Schema violation: fixing the document wakes `dev` via `queryTable`.
#[test]
fn watching_a_table_gives_another_number_after_each_write() {
    let backend = backend();
    let watch = || backend.value("_system/cli/queryTable", json!({ "tableName": "notes" }));
    let before = watch();
    assert_eq!(watch(), before, "nothing was written");
    backend.mutate("app:add", json!({ "n": 9 }));
    assert_ne!(watch(), before);
}

// Changes must invalidate subscribed `queryEnvironmentVariables` queries.
#[test]
fn variables_are_listed() {
    let backend = backend();
    let list = || backend.value("_system/cli/queryEnvironmentVariables", json!({}));
    assert_eq!(list(), json!([]));
    let change = |name: &str, value: &str| environment::Change { name: name.into(), value: Some(value.into()) };
    crate::tests::wait(environment::update(&backend.runtime, vec![change("B", "2"), change("A", "1")])).unwrap();
    let listed = list();
    assert_eq!((&listed[0]["name"], &listed[1]["value"]), (&json!("A"), &json!("2")));
    assert!(listed[0]["_id"].is_string() && listed[0]["_creationTime"].is_number());
    let get = |name: &str| backend.value("_system/cli/queryEnvironmentVariables:get", json!({ "name": name }));
    assert_eq!(get("B")["value"], "2");
    assert_eq!(get("C"), Json::Null);
}

#[test]
fn the_deployment_describes_itself() {
    let backend = backend();
    assert_eq!(backend.value("_system/cli/convexUrl:cloudUrl", json!({})), json!(backend.runtime.options().cloud_url));
    assert_eq!(backend.value("_system/frontend/components:list", json!({})), json!([]));
    assert_eq!(backend.value("_system/frontend/getVersion", json!({})), "1.48.0");
    assert_eq!(backend.value("_system/frontend/getSchemas", json!({})), json!({}));
    assert_eq!(backend.value("_system/cli/exports:getLatest", json!({})), Json::Null);
    let event = backend.value("_system/frontend/deploymentEvents:lastPushEvent", json!({}));
    assert_eq!(event["action"], "push_config_with_components");
    assert_eq!(event["metadata"]["message"], "a test");
}
