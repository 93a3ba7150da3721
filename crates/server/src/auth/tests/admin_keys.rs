//! Admin keys: minting, checking, prefixes, acting as a user.

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use functions::{ErrorKind, Identity};

use crate::auth::{AdminCredential, Authenticator};
use crate::auth::{AdminKeys, Credential, KeyError, NoNetwork, instance_secret_from_hex};
use crate::error::ApiError;
use crate::options::Instance;

const SECRET: [u8; 32] = [7; 32];
const NONCE: [u8; 12] = [3; 12];

fn keys() -> AdminKeys {
    AdminKeys::new("happy-animal", &SECRET)
}

fn authenticator() -> Authenticator {
    let instance = Instance { name: "happy-animal".into(), secret: SECRET };
    Authenticator::new(&instance, std::sync::Arc::new(NoNetwork))
}

fn code<T>(outcome: Result<T, ApiError>) -> (ErrorKind, &'static str) {
    let error = outcome.err().expect("refused");
    (error.kind, error.code)
}

#[test]
fn a_minted_key_is_accepted() {
    for read_only in [false, true] {
        let key = keys().mint(1_700_000_000, NONCE, read_only);
        assert!(key.starts_with("happy-animal|01") && !key.contains(':'), "{key}");
        assert_eq!(keys().verify(&key).expect("accepted"), read_only);
    }
}

#[test]
fn the_name_may_be_left_out() {
    let key = keys().mint(1_700_000_000, NONCE, false);
    let (_, bare) = key.split_once('|').expect("a name");
    assert!(!keys().verify(bare).expect("accepted"));
}

#[test]
fn a_changed_key_is_refused_at_every_byte() {
    let key = keys().mint(1_700_000_000, NONCE, false);
    let start = key.find('|').expect("a name") + 1;
    for at in start..key.len() {
        let mut changed = key.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(changed).expect("ascii");
        assert_eq!(code(keys().verify(&changed)), (ErrorKind::Unauthenticated, "BadAdminKey"));
    }
}

#[test]
fn keys_of_others_are_refused() {
    let other_secret = AdminKeys::new("happy-animal", &[8; 32]).mint(1_700_000_000, NONCE, false);
    assert_eq!(code(keys().verify(&other_secret)), (ErrorKind::Unauthenticated, "BadAdminKey"));
    let other_name = AdminKeys::new("sad-animal", &SECRET).mint(1_700_000_000, NONCE, false);
    assert_eq!(code(keys().verify(&other_name)), (ErrorKind::Forbidden, "BadDeployKey"));
    for nonsense in ["", "|", "happy-animal|", "happy-animal|zz", "happy-animal|01", "happy-animal", &"0".repeat(5000)]
    {
        assert_eq!(code(keys().verify(nonsense)), (ErrorKind::Unauthenticated, "BadAdminKey"), "{nonsense}");
    }
}

#[test]
fn a_key_without_time_of_issue_is_refused() {
    let key = keys().mint(0, NONCE, false);
    assert_eq!(code(keys().verify(&key)), (ErrorKind::Unauthenticated, "BadAdminKey"));
}

#[test]
fn a_secret_is_64_hex_digits() {
    assert_eq!(instance_secret_from_hex(&"07".repeat(32)).expect("fine"), SECRET);
    for bad in ["", "07", &"0".repeat(63), &"g".repeat(64)] {
        assert!(matches!(instance_secret_from_hex(bad), Err(KeyError::Secret)));
    }
}

/// Key prefixes `dev:`, `prod:`, `preview:…`, `project:…` are stripped as in 5.5.
#[test]
fn type_prefixes_are_stripped() {
    let key_of = |text: &str| AdminCredential::parse(text).expect("parses").key;
    assert_eq!(key_of("name|ab"), "name|ab");
    assert_eq!(key_of("dev:name|ab"), "name|ab");
    assert_eq!(key_of("prod:name|ab"), "name|ab");
    assert_eq!(key_of("preview:team:project|ab"), "ab");
    assert_eq!(key_of("project:team:project|ab"), "ab");
    assert_eq!(key_of("ab"), "ab");
}

fn from_header(value: &str, query: Option<&str>) -> Result<Credential, ApiError> {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_str(value).expect("a header"));
    Credential::from_request(&headers, query)
}

/// Bearer, Convex, acting-as and `?adminKey=` authenticate; bad tokens are refused, not ignored.
#[test]
fn credentials_come_from_the_header_or_the_query() {
    assert!(matches!(from_header("Bearer a.b.c", None), Ok(Credential::User(token)) if token == "a.b.c"));
    assert!(matches!(from_header("bEARER a.b.c", None), Ok(Credential::User(_))));
    assert!(matches!(from_header("convex n|ab", Some("adminKey=x")), Ok(Credential::Admin(c)) if c.key == "n|ab"));
    let none = HeaderMap::new();
    assert!(matches!(Credential::from_request(&none, None), Ok(Credential::Anonymous)));
    assert!(matches!(Credential::from_request(&none, Some("a=b")), Ok(Credential::Anonymous)));
    let from_query = Credential::from_request(&none, Some("a=b&adminKey=n%7Cab"));
    assert!(matches!(from_query, Ok(Credential::Admin(credential)) if credential.key == "n|ab"));

    assert_eq!(code(from_header("Basic abc", None)), (ErrorKind::BadRequest, "InvalidAdminKey"));
    assert_eq!(code(from_header("Bearer", None)), (ErrorKind::BadRequest, "InvalidHeaderFailure"));
    for attributes in ["!", &STANDARD.encode("{"), &STANDARD.encode(r#"{"name":"x"}"#), &STANDARD.encode("[]")] {
        let header = format!("Convex n|ab:{attributes}");
        assert_eq!(code(from_header(&header, None)), (ErrorKind::BadRequest, "HeaderParseFailure"));
    }
}

#[test]
fn an_admin_may_act_as_a_user() {
    let key = keys().mint(1_700_000_000, NONCE, false);
    let attributes = STANDARD.encode(r#"{"tokenIdentifier":"https://i|s","name":"Me","custom":1}"#);
    let Ok(Identity::ActingUser(user)) = authenticator().verify_admin_key(&format!("prod:{key}:{attributes}")) else {
        panic!("not accepted");
    };
    assert_eq!((user.issuer.as_str(), user.subject.as_str()), ("https://i", "s"));
    assert_eq!(serde_json::Value::Object(user.attributes.clone()), serde_json::json!({"name": "Me", "custom": 1}));
    assert!(matches!(authenticator().verify_admin_key(&key), Ok(Identity::Admin { read_only: false })));
    let read_only = keys().mint(1_700_000_000, NONCE, true);
    assert!(matches!(authenticator().verify_admin_key(&read_only), Ok(Identity::Admin { read_only: true })));
    let acting = authenticator().verify_admin_key(&format!("{read_only}:{attributes}"));
    assert_eq!(code(acting).0, ErrorKind::Forbidden);
}
