//! What functions learn about the call around them: metadata, commit timestamps, tokens, audit events.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;
use crate::logs::Completion;

fn from_browser(app: &App, path: &str, args: Json, identity: Identity) -> CallRequest {
    let origin = RequestOrigin {
        ip: Some("203.0.113.9".into()),
        user_agent: Some("browser".into()),
        ..RequestOrigin::default()
    };
    CallRequest { origin: Some(Arc::new(origin)), ..app.call(path, args, identity) }
}

fn run(app: &App, call: CallRequest) -> MutationResult {
    wait(app.runtime.mutation(MutationRequest { call, session: None })).unwrap()
}

fn signed_in() -> Identity {
    Identity::User(Arc::new(UserIdentity {
        token_identifier: "https://issuer|me".into(),
        issuer: "https://issuer".into(),
        subject: "me".into(),
        attributes: Default::default(),
        expires_at: None,
        token: Some("header.claims.signature".into()),
    }))
}

/// The nanoseconds of an encoded `int64`.
fn int64(json: &Json) -> u64 {
    let bytes = STANDARD.decode(json["$integer"].as_str().unwrap_or_else(|| panic!("{json}"))).unwrap();
    u64::from_le_bytes(bytes.try_into().unwrap())
}

// - [ ] `getFunctionMetadata`, `getDeploymentMetadata`, `getTransactionMetrics`, `getRequestMetadata` shapes; metadata
//       refused in Q where stated
#[test]
fn a_mutation_learns_where_its_request_came_from() {
    let app = App::start();
    let seen = value_of(&run(&app, from_browser(&app, "app:requestMetadata", json!({}), signed_in())).outcome);
    assert_eq!(
        seen,
        json!({
            "ip": "203.0.113.9",
            "userAgent": "browser",
            "requestId": "0123456789abcdef",
            "scheduledFunctionId": null,
            "authToken": "header.claims.signature",
        })
    );
    let unknown = value_of(&app.mutate("app:requestMetadata", json!({})).outcome);
    assert_eq!((&unknown["ip"], &unknown["authToken"]), (&Json::Null, &Json::Null));
    let error = error_of(&app.query("app:requestMetadataInQuery", json!({})).outcome);
    assert!(error.contains("Cannot get request metadata in a Query"), "{error}");
}

#[test]
fn a_job_learns_its_own_id() {
    let app = App::start();
    let args = json!({ "name": "app:keepMetadata", "args": {}, "delayMs": 0 });
    let job = value_of(&app.mutate("app:later", args).outcome);
    let rows = app.until("app:list", json!({ "table": "notes" }), |rows| !rows.as_array().unwrap().is_empty());
    assert_eq!(rows[0]["scheduledFunctionId"], job);
    assert_eq!((&rows[0]["ip"], &rows[0]["authToken"]), (&Json::Null, &Json::Null));
}

#[test]
fn the_snapshot_timestamp_is_that_of_the_query() {
    let app = App::start();
    app.add("notes", json!(1));
    let result = app.query("app:snapshotTs", json!({}));
    assert_eq!(int64(&value_of(&result.outcome)), result.ts.0);
}

#[test]
fn services_of_the_cloud_are_not_there() {
    let app = App::start();
    let error = error_of(&app.query("app:serviceUrl", json!({})).outcome);
    assert!(error.contains("does not offer the AI gateway"), "{error}");
}

// - [ ] commit timestamps: placeholder in doc, index query, return value, nested return; refused in schedule args and
//       query return
#[test]
fn the_commit_timestamp_is_put_wherever_a_mutation_says_so() {
    let app = App::start();
    let result = app.mutate("app:stamp", json!({}));
    let value = value_of(&result.outcome);
    for pointer in ["/at", "/list/0", "/pending/body", "/nested/inner", "/fromQuery", "/args"] {
        assert_eq!(int64(value.pointer(pointer).unwrap()), result.ts.0, "{pointer}");
    }
    let stored = value_of(&app.query("app:read", json!({ "id": value["id"] })).outcome);
    assert_eq!(int64(&stored["body"]), result.ts.0);
    assert_eq!(int64(&stored["list"][0]["deep"]), result.ts.0);
    let other = app.mutate("app:stamp", json!({}));
    assert!(other.ts > result.ts);
}

#[test]
fn a_commit_timestamp_has_no_place_in_jobs_and_query_results() {
    let app = App::start();
    let error = error_of(&app.query("app:stampQuery", json!({})).outcome);
    assert_eq!(
        error,
        "Function app.js:stampQuery return value invalid: queries cannot return an unresolved commit timestamp"
    );
    let error = error_of(&app.mutate("app:stampSchedule", json!({})).outcome);
    assert!(error.contains("cannot hold an unresolved commit timestamp"), "{error}");
    let error = error_of(&app.mutate("app:echoMutation", json!({ "value": { "$commitTs": null } })).outcome);
    assert!(error.contains("a commit timestamp cannot be passed from outside a mutation"), "{error}");
}

fn part(token: &str, index: usize) -> Json {
    let text = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

#[test]
fn signed_tokens_carry_the_claims_and_the_deployment_s_own() {
    let app = App::start();
    let options = json!({ "claims": { "sub": "u1", "aud": "elsewhere", "roles": ["a"] }, "expiresInSeconds": 90 });
    let token = value_of(&app.mutate("app:signJwt", options).outcome);
    let token = token.as_str().unwrap();
    let keys = app.runtime.token_key_set();
    assert_eq!(part(token, 0), json!({ "alg": "ES256", "typ": "JWT", "kid": keys["keys"][0]["kid"] }));
    let claims = part(token, 1);
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!("u1"), &json!("elsewhere")));
    assert_eq!((&claims["roles"], &claims["iss"]), (&json!(["a"]), &json!(app.runtime.options().cloud_url)));
    assert_eq!(claims["exp"].as_u64().unwrap(), claims["iat"].as_u64().unwrap() + 90);
}

#[test]
fn claims_and_lifetimes_have_bounds() {
    let app = App::start();
    let refused = |options: Json| error_of(&app.mutate("app:signJwt", options).outcome);
    for claim in ["iss", "iat", "exp", "nbf", "convexThing", "CVXid", "Convex"] {
        let error = refused(json!({ "claims": { claim: 1 }, "expiresInSeconds": 60 }));
        let expected = format!("Invalid argument `claims` for `auth.signJwt`: the claim \"{claim}\" is reserved");
        assert!(error.contains(&expected), "{error}");
    }
    for lifetime in [0.0, 0.5, -1.0, 3600.5] {
        let error = refused(json!({ "expiresInSeconds": lifetime }));
        assert!(error.contains("at least 1 second and at most 3600 (1 hour)"), "{lifetime}: {error}");
    }
    assert!(app.mutate("app:signJwt", json!({ "expiresInSeconds": 3600 })).outcome.is_ok());
    assert!(app.mutate("app:signJwt", json!({ "expiresInSeconds": 1 })).outcome.is_ok());
    let error = refused(json!({ "claims": {} }));
    assert!(error.contains("Invalid arguments for `auth.signJwt`"), "{error}");
    let large = json!({ "claims": { "x": "y".repeat(65536) }, "expiresInSeconds": 60 });
    assert!(refused(large).contains("larger than 65536 bytes"));
    let error = error_of(&app.query("app:signJwtInQuery", json!({})).outcome);
    assert!(error.contains("only mutations may"), "{error}");
}

fn entries(app: &App, identifier: &str) -> Vec<Completion> {
    let ended = app.runtime.logs().after(0.0);
    let completions = ended.iter().filter_map(|entry| entry.completion());
    completions.filter(|entry| entry.identifier == identifier).cloned().collect()
}

fn audit_rows(app: &App) -> Vec<Json> {
    let admin = Identity::Admin { read_only: false };
    value_of(&app.query_as("_system/frontend/auditLog:list", json!({}), admin).outcome).as_array().unwrap().clone()
}

// - [ ] `auditLog` accepted in Q and M, refused in A
#[test]
fn audit_events_of_a_mutation_commit_with_it() {
    let app = App::start();
    let body = json!({ "action": "seen", "ip": { "$var": "ip" }, "n": { "request": { "$var": "requestId" } } });
    let call = from_browser(&app, "app:audited", json!({ "body": body.to_string() }), Identity::Anonymous);
    let result = run(&app, call);
    assert!(result.outcome.is_ok() && result.log_lines.is_empty(), "clients do not see events: {result:?}");
    let expected = json!({ "action": "seen", "ip": "203.0.113.9", "n": { "request": "0123456789abcdef" } });
    let [entry] = &entries(&app, "app:audited")[..] else { panic!("one entry") };
    assert_eq!(entry.audit.iter().map(|event| &event.body).collect::<Vec<_>>(), [&expected]);
    let rows = audit_rows(&app);
    assert_eq!(rows.len(), 1, "the child that failed took its event with it: {rows:?}");
    assert_eq!(serde_json::from_str::<Json>(rows[0]["body"].as_str().unwrap()).unwrap(), expected);
    assert_eq!((&rows[0]["udfPath"], &rows[0]["requestId"]), (&json!("app:audited"), &json!("0123456789abcdef")));

    assert!(app.mutate("app:auditThenThrow", json!({ "body": "1" })).outcome.is_err());
    assert_eq!(audit_rows(&app).len(), 1);
    assert!(entries(&app, "app:auditThenThrow")[0].audit.is_empty());
}

#[test]
fn audit_events_of_a_cached_query_are_reported_for_each_caller() {
    let app = App::start();
    let query = |id: &str| {
        let call =
            app.call("app:auditInQuery", json!({ "body": r#"{"by":{"$var":"requestId"}}"# }), Identity::Anonymous);
        let call = CallRequest { request_id: RequestId(id.into()), ..call };
        wait(app.runtime.query(&QueryRequest { call, journal: None }, app.runtime.latest_ts())).unwrap()
    };
    assert!(Arc::ptr_eq(&query("first"), &query("second")));
    let seen: Vec<Json> = entries(&app, "app:auditInQuery").iter().map(|entry| entry.audit[0].body.clone()).collect();
    assert_eq!(seen, [json!({ "by": "first" }), json!({ "by": "second" })]);
    let rows = audit_rows(&app);
    let told = |row: &Json| (row["body"].as_str().unwrap().to_owned(), row["requestId"].as_str().unwrap().to_owned());
    let row = |id: &str| (format!(r#"{{"by":"{id}"}}"#), id.to_owned());
    assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), [row("second"), row("first")], "durable, the newest first");
}

#[test]
fn the_audit_log_is_bounded() {
    let app = App::start();
    assert!(app.mutate("app:auditMany", json!({ "count": 100 })).outcome.is_ok());
    let error = error_of(&app.mutate("app:auditMany", json!({ "count": 101 })).outcome);
    assert!(error.contains("Too many audit log events in a single function execution (limit: 100)"), "{error}");
    let error = error_of(&app.mutate("app:audited", json!({ "body": format!("\"{}\"", "x".repeat(65536)) })).outcome);
    assert!(error.contains("The body of an audit log event is too large"), "{error}");
    assert_eq!(crate::audit::sweep(&app.database, 30).unwrap(), 70);
    let rows = audit_rows(&app);
    assert_eq!((rows.len(), &rows[0]["body"]), (30, &json!("99")), "the newest stay");
    assert_eq!(crate::audit::sweep(&app.database, 30).unwrap(), 0);
}
