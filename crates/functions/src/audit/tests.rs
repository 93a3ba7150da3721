use std::sync::Arc;

use super::*;
use crate::{Caller, FunctionPath, RequestId, RequestOrigin, UserIdentity};

fn call(identity: Identity) -> CallRequest {
    let origin =
        RequestOrigin { ip: Some("203.0.113.9".into()), user_agent: Some("curl".into()), ..RequestOrigin::default() };
    CallRequest {
        path: FunctionPath::parse("a:b").unwrap(),
        args: "{}".into(),
        identity,
        caller: Caller::HttpApi,
        request_id: RequestId("r1".into()),
        origin: Some(Arc::new(origin)),
    }
}

fn resolved(body: Json, identity: Identity) -> Json {
    let event = AuditEvent { body, udf_path: "a:b".into(), component_path: "".into() };
    event.resolve(&Reporter::from(&call(identity)), 1234.5).body
}

#[test]
fn variables_are_replaced_at_any_depth() {
    let body = json!({
        "id": { "$var": "requestId" },
        "source": [{ "ip": { "$var": "ip" }, "agent": { "$var": "userAgent" } }],
        "at": { "$var": "now" },
        "actor": { "$var": "convexActor" },
    });
    assert_eq!(
        resolved(body, Identity::Anonymous),
        json!({
            "id": "r1",
            "source": [{ "ip": "203.0.113.9", "agent": "curl" }],
            "at": 1234.0,
            "actor": null,
        })
    );
}

#[test]
fn what_only_looks_like_a_variable_stays() {
    let body = json!([{ "$var": "secret" }, { "$var": "ip", "more": 1 }, { "$var": 5 }]);
    assert_eq!(resolved(body.clone(), Identity::Anonymous), body);
}

#[test]
fn the_actor_is_the_admin_behind_the_call() {
    let actor = |identity| resolved(json!({ "$var": "convexActor" }), identity);
    assert_eq!(actor(Identity::System), Json::Null);
    assert_eq!(actor(Identity::Admin { read_only: true })["readOnly"], json!(true));
    let user = UserIdentity {
        token_identifier: "https://issuer|me".into(),
        issuer: "https://issuer".into(),
        subject: "me".into(),
        attributes: Map::new(),
        expires_at: None,
        token: None,
    };
    assert_eq!(actor(Identity::User(Arc::new(user.clone()))), Json::Null);
    assert_eq!(actor(Identity::ActingUser(Arc::new(user)))["actingAs"], json!("https://issuer|me"));
}
