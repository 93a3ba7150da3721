//! Operations by name.

use super::*;

fn run(app: &App, name: &str, args: Json) -> Result<Json, String> {
    let result = app.act("app:operation", json!({ "name": name, "args": args }));
    match result.outcome {
        Ok(text) => Ok(serde_json::from_str(&text).unwrap()),
        Err(error) => Err(error.detail),
    }
}

// - [ ] unknown async operation text contains `Unknown async operation`
// - [ ] `auditLog` accepted in Q and M, refused in A
#[test]
fn what_actions_may_not_do_is_refused_in_words() {
    let app = App::start();
    let refused = |name: &str| run(&app, name, json!({ "service": "ai-gateway" })).unwrap_err();
    assert!(refused("1.0/nonsense").contains("Unknown async operation 1.0/nonsense"));
    assert!(refused("1.0/insert").contains("Unknown async operation 1.0/insert"));
    assert!(refused("1.0/auditLog").contains("Audit logging is not yet supported in actions"));
    assert!(refused("1.0/actions/vectorSearch").contains("Invalid arguments for `vectorSearch`"));
    assert!(refused("1.0/createServiceToken").contains("The service 'ai-gateway' belongs to the hosted platform"));
    assert!(refused("1.0/actions/query").contains("Invalid arguments for `runQuery`"));
}

// - [ ] `getFunctionMetadata`, `getDeploymentMetadata`, `getTransactionMetrics`, `getRequestMetadata` shapes
#[test]
fn metadata_has_its_shapes() {
    let app = App::start();
    let name = json!({ "name": "app:operation", "componentPath": "" });
    assert_eq!(run(&app, "1.0/getFunctionMetadata", json!({})).unwrap(), name);
    let deployment = json!({ "name": "concave", "region": null, "class": "s16" });
    assert_eq!(run(&app, "1.0/getDeploymentMetadata", json!({})).unwrap(), deployment);
    let request = run(&app, "1.0/getRequestMetadata", json!({})).unwrap();
    assert_eq!(request["requestId"], json!("0123456789abcdef"));
    assert_eq!(request["scheduledFunctionId"], json!(null));
}

// - [ ] getUserIdentity: null, OIDC attributes, custom claims flattened, invalid token throws only in H
#[test]
fn identity_is_the_callers_and_goes_on_to_callees() {
    let app = App::start();
    assert_eq!(run(&app, "1.0/getUserIdentity", json!({})).unwrap(), json!(null));
    let ask = json!({ "name": "1.0/getUserIdentity" });
    let own = value_of(&app.act_as("app:operation", ask, alice()).outcome);
    assert_eq!(own["tokenIdentifier"], json!("https://issuer|alice"));
    let callee = json!({ "kind": "query", "name": "app:whoami" });
    assert_eq!(value_of(&app.act_as("app:callOf", callee, alice()).outcome)["subject"], json!("alice"));
}

// - [ ] `createFunctionHandle` round trip; handle passed back returns itself; stale handle errors
#[test]
fn handles_are_made_and_called() {
    let app = App::start();
    let make = |address: Json| run(&app, "1.0/createFunctionHandle", address);
    let handle = make(json!({ "name": "app:clock", "version": "1.48.0" })).unwrap();
    assert_eq!(make(json!({ "functionHandle": handle, "version": "1.48.0" })).unwrap(), handle);
    let call = json!({ "functionHandle": handle, "args": {}, "version": "1.48.0", "requestId": "" });
    assert!(run(&app, "1.0/actions/query", call).unwrap().is_number());
    assert!(make(json!({ "name": "app:nope" })).unwrap_err().contains("Couldn't find \"nope\" in module \"app.js\"."));
}

// - [ ] `_storage` document shape; getMetadata shape; store/get from actions and from mutations
#[test]
fn blobs_go_in_and_come_out() {
    let app = App::start();
    let good = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    let stored = app.act("app:storesBlob", json!({ "text": "hello", "sha256": good }));
    assert_eq!(value_of(&stored.outcome), json!(["hello", "text/plain", 5.0]));
    let empty = app.act("app:storesBlob", json!({ "text": "" }));
    assert_eq!(value_of(&empty.outcome), json!(["", "text/plain", 0.0]));
    let wrong = error_of(&app.act("app:storesBlob", json!({ "text": "other", "sha256": good })).outcome);
    assert!(wrong.contains("was given with it. Nothing was stored: send the file again."), "{wrong}");
    let url = run(&app, "1.0/storageGenerateUploadUrl", json!({ "requestId": "", "version": "1.48.0" })).unwrap();
    assert!(url.as_str().unwrap().contains("/api/storage/upload?token="));
}

// - [ ] runAfter(0), future, past, > 5 years, nonexistent target, cancel pending / in progress / done / foreign id
#[test]
fn scheduling_from_an_action_commits_at_once() {
    let app = App::start();
    let schedule = |name: &str, delay_ms: f64| {
        app.act(
            "app:laterFromAction",
            json!({ "name": name, "args": { "table": "notes", "body": 1 }, "delayMs": delay_ms }),
        )
        .outcome
    };
    let job = |id: &Json| value_of(&app.query("app:job", json!({ "id": id })).outcome);
    let id = value_of(&schedule("app:add", 3_600_000.0));
    assert_eq!(job(&id)["state"], json!({ "kind": "pending" }));
    assert!(app.act("app:cancelFromAction", json!({ "id": id })).outcome.is_ok());
    assert_eq!(job(&id)["state"], json!({ "kind": "canceled" }));
    let soon = value_of(&schedule("app:add", 0.0));
    app.until("app:job", json!({ "id": soon }), |job| job["state"]["kind"] == json!("success"));
    assert!(error_of(&schedule("app:nope", 0.0)).contains("no exported function nope found in the file: app.js"));
    assert!(error_of(&schedule("app:add", 6.0 * 366.0 * 86_400_000.0)).contains("more than 5 years in the future"));
    let foreign = app.add("notes", json!(1));
    let error = error_of(&app.act("app:cancelFromAction", json!({ "id": foreign })).outcome);
    assert!(error.contains("The ID must be an ID on the '_scheduled_functions' table."), "{error}");
}
