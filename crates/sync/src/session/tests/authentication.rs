//! Who the connection speaks for.

use functions::{ErrorKind, Identity, UserIdentity};

use super::*;

fn user(expires_at: u64) -> Identity {
    Identity::User(Arc::new(UserIdentity {
        token_identifier: "i|s".into(),
        issuer: "i".into(),
        subject: "s".into(),
        attributes: serde_json::Map::new(),
        expires_at: Some(expires_at),
        token: None,
    }))
}

fn token(base: u32) -> Json {
    json!({"type": "Authenticate", "baseVersion": base, "tokenType": "User", "value": "a.b.c"})
}

fn name_of(identity: &Identity) -> &'static str {
    identity.log_name()
}

/// Accepted Authenticate yields end identity > start identity, and all queries re-run.
#[test]
fn an_accepted_token_makes_every_query_run_again() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([add(0)])));
    world.compute_all(100, "1.0");
    world.take_sent();
    world.text(token(0));
    assert!(matches!(world.authentications.pop_front(), Some(AuthRequest::User(token)) if token == "a.b.c"));
    world.input(Input::Authenticated(Ok(user(1000))));
    let query = &world.computation.as_ref().expect("asked").queries[0];
    assert_eq!(name_of(&query.request.call.identity), "user");
    assert!(query.previous.is_none(), "an old result belongs to somebody else");
    world.compute_all(100, "1.0");
    let transition = world.take_one();
    assert_eq!(transition["startVersion"], version(1, 0, 100));
    assert_eq!(transition["endVersion"], version(1, 1, 100));
    assert_eq!(transition["modifications"], json!([]), "the client has this value already");
}

#[test]
fn messages_behind_a_token_wait_for_the_verdict() {
    let mut world = World::connected();
    world.text(token(0));
    assert!(!world.session.wants_frames());
    world.text(modify(0, 1, json!([add(0)])));
    world.text(mutation(0));
    assert!(world.computation.is_none() && world.mutations.is_empty());
    world.input(Input::Authenticated(Ok(user(1000))));
    assert!(world.session.wants_frames());
    assert_eq!(name_of(&world.mutations[0].call.identity), "user");
    assert_eq!(world.computation.as_ref().expect("asked").queries.len(), 1);
}

/// Rejected token → AuthError (`authUpdateAttempted` true, previous version) and the server closes.
#[test]
fn a_rejected_token_ends_the_connection() {
    for kind in [ErrorKind::Unauthenticated, ErrorKind::Forbidden, ErrorKind::BadRequest] {
        let mut world = World::connected();
        world.text(token(0));
        world.input(Input::Authenticated(Ok(user(1000))));
        world.compute_all(100, "1.0");
        world.take_sent();
        world.text(token(1));
        world.input(Input::Authenticated(Err(system_error(kind, "InvalidAuthHeader"))));
        let error = &world.sent[0];
        assert_eq!((&error["type"], &error["authUpdateAttempted"]), (&json!("AuthError"), &json!(true)));
        assert_eq!(error["baseVersion"], json!(1));
        assert_eq!(world.ending(), (Some("AuthError".into()), None, String::new()));
    }
}

#[test]
fn trouble_while_checking_a_token_is_not_a_rejection() {
    let mut world = World::connected();
    world.text(token(0));
    world.input(Input::Authenticated(Err(system_error(ErrorKind::Overloaded, "AuthProviderDiscoveryFailed"))));
    assert_eq!(world.ending(), (None, Some(1013), "AuthProviderDiscoveryFailed".into()));
}

/// Expired token on next activity → AuthError (`authUpdateAttempted` false) and close.
#[test]
fn an_expired_token_is_noticed_at_the_next_activity() {
    let activities: [fn(&mut World); 3] =
        [|world| world.text(mutation(0)), |world| world.text(action(0)), |world| world.invalidate()];
    for activity in activities {
        let mut world = World::connected();
        world.text(token(0));
        world.input(Input::Authenticated(Ok(user(10))));
        world.compute_all(100, "1.0");
        world.take_sent();
        world.advance(10.0);
        assert!(world.closing.is_none(), "no timer watches over it");
        activity(&mut world);
        let error = &world.sent[0];
        assert_eq!((&error["type"], &error["authUpdateAttempted"]), (&json!("AuthError"), &json!(false)));
        assert_eq!(error["baseVersion"], json!(1));
        assert_eq!(world.ending(), (Some("AuthError".into()), None, String::new()));
        assert!(world.mutations.is_empty() && world.actions.is_empty() && world.computation.is_none());
    }
}

/// `tokenType:"None"` bumps the identity and re-runs queries anonymously.
#[test]
fn logging_out_is_an_identity_of_its_own() {
    let mut world = World::connected();
    world.text(token(0));
    world.input(Input::Authenticated(Ok(user(1000))));
    world.text(modify(0, 1, json!([add(0)])));
    world.compute_all(100, "1.0");
    world.compute_all(100, "1.0");
    world.take_sent();
    world.text(json!({"type": "Authenticate", "baseVersion": 1, "tokenType": "None"}));
    let query = &world.computation.as_ref().expect("asked").queries[0];
    assert_eq!(name_of(&query.request.call.identity), "unknown");
    world.compute_all(100, "2.0");
    let transition = world.take_one();
    assert_eq!(transition["endVersion"], version(1, 2, 100));
    assert_eq!(transition["modifications"][0]["value"], json!(2.0));
}

/// Admin with `impersonating` and with `acting_as` both act as the user.
#[test]
fn admins_act_as_users_under_either_name() {
    let attributes = json!({"issuer": "https://issuer", "subject": "me", "name": "Me"});
    for field in ["impersonating", "acting_as"] {
        let mut world = World::connected();
        let mut message = json!({"type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "k"});
        message[field] = attributes.clone();
        world.text(message);
        let Some(AuthRequest::Admin { key, acting_as: Some(user) }) = world.authentications.pop_front() else {
            panic!("{field} was not understood");
        };
        assert_eq!((key.as_str(), user.token_identifier.as_str()), ("k", "https://issuer|me"));
        assert_eq!(user.attributes["name"], json!("Me"));
    }
    let mut world = World::connected();
    world.text(json!({"type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "k",
        "impersonating": {"name": "nobody"}}));
    assert_eq!(world.ending().0.as_deref(), Some("FatalError"));
}

#[test]
fn results_of_the_former_identity_are_not_kept_for_the_new_one() {
    let mut world = World::connected();
    world.text(modify(0, 1, json!([add(0)])));
    // The computation for the anonymous caller is still out when the token is accepted.
    world.text(token(0));
    world.input(Input::Authenticated(Ok(user(1000))));
    world.compute_all(100, "1.0");
    assert_eq!(world.take_one()["endVersion"], version(1, 0, 100));
    let query = &world.computation.as_ref().expect("asked").queries[0];
    assert_eq!(name_of(&query.request.call.identity), "user");
    assert!(query.previous.is_none());
    world.compute_all(101, "1.0");
    assert_eq!(world.take_one()["endVersion"], version(1, 1, 101));
}
