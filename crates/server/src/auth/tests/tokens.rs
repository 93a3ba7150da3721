//! User tokens of every provider kind, good and bad.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use functions::deployment::AuthProvider;
use functions::{ErrorKind, UserIdentity};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use platform::{Platform, SimulatedClock};
use serde_json::{Value as Json, json};

use crate::auth::keys::{Document, FetchError, KeyCache, KeySource, NoNetwork};
use crate::auth::token::{Check, verify};
use crate::error::ApiError;

pub(super) const KEY_SET: &str = include_str!("key_set.json");
const ISSUER: &str = "https://issuer.example";

pub(super) fn signing_key(algorithm: Algorithm) -> EncodingKey {
    let key = match algorithm {
        Algorithm::RS256 => EncodingKey::from_rsa_pem(include_bytes!("rsa.pem")),
        Algorithm::ES256 => EncodingKey::from_ec_pem(include_bytes!("ec.pem")),
        Algorithm::EdDSA => EncodingKey::from_ed_pem(include_bytes!("ed.pem")),
        other => panic!("no key for {other:?}"),
    };
    key.expect("the key file is fine")
}

fn key_id(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "rsa-1",
        Algorithm::ES256 => "ec-1",
        _ => "ed-1",
    }
}

pub(super) fn sign(algorithm: Algorithm, claims: &Json) -> String {
    let header = Header { kid: Some(key_id(algorithm).into()), ..Header::new(algorithm) };
    encode(&header, claims, &signing_key(algorithm)).expect("signs")
}

/// A world with one clock, the given providers and pages.
pub(super) struct World {
    providers: Vec<AuthProvider>,
    keys: KeyCache,
    platform: Platform,
    clock: SimulatedClock,
    fetches: Arc<AtomicUsize>,
}

struct Pages {
    pages: BTreeMap<String, Document>,
    fetches: Arc<AtomicUsize>,
}

#[async_trait]
impl KeySource for Pages {
    async fn fetch(&self, url: &str) -> Result<Document, FetchError> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        self.pages.get(url).cloned().ok_or_else(|| FetchError::Network(format!("no route to {url}")))
    }
}

pub(super) fn page(status: u16, content_type: &str, body: &str) -> Document {
    let body = Bytes::copy_from_slice(body.as_bytes());
    Document { status, content_type: Some(content_type.into()), body, max_age: None }
}

impl World {
    pub(super) fn new(providers: Vec<AuthProvider>, pages: &[(&str, Document)]) -> World {
        let (platform, clock) = Platform::simulated(1);
        let fetches = Arc::new(AtomicUsize::new(0));
        let pages = pages.iter().map(|(url, page)| ((*url).to_owned(), page.clone())).collect();
        let source = Pages { pages, fetches: Arc::clone(&fetches) };
        World { providers, keys: KeyCache::new(Arc::new(source)), platform, clock, fetches }
    }

    pub(super) fn now_seconds(&self) -> u64 {
        self.platform.now_ns() / 1_000_000_000
    }

    pub(super) fn verify(&self, token: &str) -> Result<UserIdentity, ApiError> {
        self.verify_with(token, false)
    }

    pub(super) fn verify_with(&self, token: &str, redact: bool) -> Result<UserIdentity, ApiError> {
        let check = Check { providers: &self.providers, redact, platform: &self.platform };
        futures_util::FutureExt::now_or_never(verify(token, &check, &self.keys)).expect("nothing waits")
    }

    /// Claims that every provider here accepts, changed by `change`.
    fn claims(&self, change: Json) -> Json {
        let now = self.now_seconds();
        let mut claims = json!({"iss": ISSUER, "sub": "me", "aud": "app", "iat": now, "exp": now + 60});
        for (name, value) in change.as_object().expect("an object") {
            if value.is_null() {
                claims.as_object_mut().expect("an object").remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    fn code(&self, algorithm: Algorithm, change: Json) -> (ErrorKind, &'static str) {
        let error = self.verify(&sign(algorithm, &self.claims(change))).expect_err("refused");
        (error.kind, error.code)
    }
}

fn data_url() -> String {
    format!("data:text/plain;charset=utf-8;base64,{}", STANDARD.encode(KEY_SET))
}

fn custom(algorithm: &str, application_id: Option<&str>) -> AuthProvider {
    AuthProvider::CustomJwt {
        issuer: ISSUER.into(),
        jwks: data_url(),
        algorithm: algorithm.into(),
        application_id: application_id.map(str::to_owned),
    }
}

fn oidc(application_id: &str) -> AuthProvider {
    AuthProvider::Oidc { domain: ISSUER.into(), application_id: application_id.into() }
}

fn oidc_world() -> World {
    let discovery = json!({"issuer": ISSUER, "jwks_uri": "https://issuer.example/keys"}).to_string();
    World::new(
        vec![oidc("app")],
        &[
            ("https://issuer.example/.well-known/openid-configuration", page(200, "application/json", &discovery)),
            ("https://issuer.example/keys", page(200, "application/json", KEY_SET)),
        ],
    )
}

const REFUSED: (ErrorKind, &str) = (ErrorKind::Unauthenticated, "InvalidAuthHeader");
const REFUSED_OIDC: (ErrorKind, &str) = (ErrorKind::Unauthenticated, "Unauthenticated");

/// OIDC RS256 and EdDSA; customJwt RS256 and ES256; `alg` substitution is refused.
/// `data:` JWKS works offline.
#[test]
fn each_kind_of_provider_takes_its_algorithms_only() {
    for (name, accepted) in [("RS256", Algorithm::RS256), ("ES256", Algorithm::ES256)] {
        let world = World::new(vec![custom(name, None)], &[]);
        for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
            let token = sign(algorithm, &world.claims(json!({})));
            assert_eq!(world.verify(&token).is_ok(), algorithm == accepted, "{name} {algorithm:?}");
        }
    }
    let world = oidc_world();
    for (algorithm, accepted) in [(Algorithm::RS256, true), (Algorithm::EdDSA, true), (Algorithm::ES256, false)] {
        let token = sign(algorithm, &world.claims(json!({})));
        assert_eq!(world.verify(&token).is_ok(), accepted, "{algorithm:?}");
    }
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let world = World::new(vec![custom("RS256", None)], &[]);
    let header = Header { kid: Some("rsa-1".into()), ..Header::new(Algorithm::HS256) };
    let forged =
        encode(&header, &world.claims(json!({})), &EncodingKey::from_secret(KEY_SET.as_bytes())).expect("signs");
    assert_eq!(world.verify(&forged).expect_err("refused").code, "InvalidAuthHeader");
    let unsigned = format!("{}.", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIn0");
    assert!(world.verify(&unsigned).is_err());
}

#[test]
fn a_changed_token_is_refused() {
    let world = World::new(vec![custom("ES256", None)], &[]);
    let token = sign(Algorithm::ES256, &world.claims(json!({})));
    let other = sign(Algorithm::ES256, &world.claims(json!({"sub": "somebody else"})));
    let (head, _) = token.split_once('.').expect("three parts");
    let (_, signature) = token.rsplit_once('.').expect("three parts");
    let payload = other.split('.').nth(1).expect("three parts");
    assert!(world.verify(&format!("{head}.{payload}.{signature}")).is_err());
    assert!(world.verify(&token).is_ok());
}

/// Provider choice is by first match on `aud` and slash-insensitive `iss`.
#[test]
fn the_first_fitting_provider_is_chosen() {
    // The first two do not fit; the third is fine; a fourth would refuse ES256.
    let providers = vec![
        custom("RS256", Some("another app")),
        AuthProvider::Oidc { domain: "https://elsewhere.example".into(), application_id: "app".into() },
        custom("ES256", Some("app")),
        custom("RS256", None),
    ];
    let world = World::new(providers, &[]);
    for issuer in ["https://issuer.example", "https://issuer.example/", "issuer.example"] {
        let user = world.verify(&sign(Algorithm::ES256, &world.claims(json!({"iss": issuer})))).expect("accepted");
        assert_eq!(user.token_identifier, format!("{issuer}|me"));
    }
    let several = sign(Algorithm::ES256, &world.claims(json!({"aud": ["x", "app"]})));
    assert!(world.verify(&several).is_ok());
    let unknown = (ErrorKind::Unauthenticated, "NoAuthProvider");
    assert_eq!(world.code(Algorithm::ES256, json!({"iss": "http://issuer.example"})), unknown);
    assert_eq!(world.code(Algorithm::ES256, json!({"iss": null})), REFUSED);
    for text in ["", "a.b.c", "abc"] {
        assert_eq!(world.verify(text).expect_err("refused").code, "InvalidAuthHeader");
    }
}

#[test]
fn redaction_hides_the_configured_providers() {
    let world = World::new(vec![custom("ES256", Some("secret app name"))], &[]);
    let token = sign(Algorithm::ES256, &world.claims(json!({})));
    assert!(world.verify_with(&token, false).expect_err("refused").message.contains("secret app name"));
    assert!(!world.verify_with(&token, true).expect_err("refused").message.contains("secret app name"));
}

/// customJwt accepts `exp` up to 5 s in the past; OIDC does not.
#[test]
fn only_custom_issuers_get_leeway() {
    let world = World::new(vec![custom("ES256", None)], &[]);
    let now = world.now_seconds();
    assert!(world.verify(&sign(Algorithm::ES256, &world.claims(json!({"exp": now - 4})))).is_ok());
    assert_eq!(world.code(Algorithm::ES256, json!({"exp": now - 5})), REFUSED);
    assert!(world.verify(&sign(Algorithm::ES256, &world.claims(json!({"nbf": now + 5})))).is_ok());
    assert_eq!(world.code(Algorithm::ES256, json!({"nbf": now + 6})), REFUSED);
    let world = oidc_world();
    assert!(world.verify(&sign(Algorithm::RS256, &world.claims(json!({"exp": now + 1})))).is_ok());
    assert_eq!(world.code(Algorithm::RS256, json!({"exp": now})), REFUSED_OIDC);
}

#[test]
fn required_claims_are_required() {
    let world = World::new(vec![custom("ES256", None)], &[]);
    for claim in ["sub", "exp"] {
        assert_eq!(world.code(Algorithm::ES256, json!({ claim: null })), REFUSED, "{claim}");
    }
    assert!(world.verify(&sign(Algorithm::ES256, &world.claims(json!({"iat": null, "aud": null})))).is_ok());
    let world = oidc_world();
    for claim in ["sub", "exp", "iat"] {
        assert_eq!(world.code(Algorithm::RS256, json!({ claim: null })), REFUSED_OIDC, "{claim}");
    }
    assert_eq!(world.code(Algorithm::RS256, json!({"aud": ["app", "other"]})), REFUSED_OIDC);
    assert!(world.verify(&sign(Algorithm::RS256, &world.claims(json!({"aud": ["app"]})))).is_ok());
}

#[test]
fn a_token_without_key_id_needs_a_single_fitting_key() {
    let world = oidc_world();
    let claims = world.claims(json!({}));
    let nameless = encode(&Header::new(Algorithm::RS256), &claims, &signing_key(Algorithm::RS256)).expect("signs");
    assert!(world.verify(&nameless).is_ok());
    let header = Header { kid: Some("unknown".into()), ..Header::new(Algorithm::RS256) };
    let misnamed = encode(&header, &claims, &signing_key(Algorithm::RS256)).expect("signs");
    assert_eq!(world.verify(&misnamed).expect_err("refused").code, "Unauthenticated");
}

#[test]
fn keys_are_fetched_once_and_again_for_an_unknown_key_id() {
    let world = oidc_world();
    let token = sign(Algorithm::RS256, &world.claims(json!({})));
    assert!(world.verify(&token).is_ok() && world.verify(&token).is_ok());
    assert_eq!(world.fetches.load(Ordering::Relaxed), 2);
    let header = Header { kid: Some("rotated".into()), ..Header::new(Algorithm::RS256) };
    let misnamed = encode(&header, &world.claims(json!({})), &signing_key(Algorithm::RS256)).expect("signs");
    assert!(world.verify(&misnamed).is_err());
    assert_eq!(world.fetches.load(Ordering::Relaxed), 2, "not so soon after the last time");
    world.clock.advance(Duration::from_secs(11));
    assert!(world.verify(&misnamed).is_err());
    assert_eq!(world.fetches.load(Ordering::Relaxed), 3);
    world.clock.advance(Duration::from_secs(301));
    let fresh = sign(Algorithm::RS256, &world.claims(json!({})));
    assert!(world.verify(&fresh).is_ok());
    assert_eq!(world.fetches.load(Ordering::Relaxed), 5);
}

#[test]
fn trouble_with_discovery_keeps_its_kind() {
    let url = "https://issuer.example/.well-known/openid-configuration";
    for (status, kind) in [
        (401, ErrorKind::Unauthenticated),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (418, ErrorKind::BadRequest),
        (429, ErrorKind::RateLimited),
        (503, ErrorKind::Overloaded),
    ] {
        let world = World::new(vec![oidc("app")], &[(url, page(status, "text/plain", ""))]);
        assert_eq!(world.code(Algorithm::RS256, json!({})), (kind, "AuthProviderDiscoveryFailed"), "{status}");
    }
    let failed = (ErrorKind::BadRequest, "AuthProviderDiscoveryFailed");
    let world = World::new(vec![oidc("app")], &[(url, page(200, "application/json", "{}"))]);
    assert_eq!(world.code(Algorithm::RS256, json!({})), failed);
    let world = World { keys: KeyCache::new(Arc::new(NoNetwork)), ..World::new(vec![oidc("app")], &[]) };
    assert_eq!(world.code(Algorithm::RS256, json!({})), failed);
    let foreign = json!({"issuer": "https://other.example", "jwks_uri": data_url()}).to_string();
    let world = World::new(vec![oidc("app")], &[(url, page(200, "application/json", &foreign))]);
    assert_eq!(world.code(Algorithm::RS256, json!({})), REFUSED_OIDC);
}

#[test]
fn a_custom_key_set_must_be_json_and_say_so() {
    let provider = AuthProvider::CustomJwt {
        issuer: ISSUER.into(),
        jwks: "https://issuer.example/keys".into(),
        algorithm: "RS256".into(),
        application_id: None,
    };
    for (status, content_type, accepted) in [
        (200, "application/json", true),
        (200, "application/jwk-set+json; charset=UTF-8", true),
        (200, "application/json; charset=latin1", false),
        (200, "text/plain", false),
        (404, "application/json", false),
    ] {
        let world =
            World::new(vec![provider.clone()], &[("https://issuer.example/keys", page(status, content_type, KEY_SET))]);
        let outcome = world.verify(&sign(Algorithm::RS256, &world.claims(json!({}))));
        assert_eq!(outcome.is_ok(), accepted, "{status} {content_type}");
    }
}

#[test]
fn data_addresses_may_be_plain_or_percent_encoded() {
    let percent: String = KEY_SET.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for jwks in [format!("data:application/json,{percent}"), format!("data:,{KEY_SET}"), data_url()] {
        let provider =
            AuthProvider::CustomJwt { issuer: ISSUER.into(), jwks, algorithm: "RS256".into(), application_id: None };
        let world = World::new(vec![provider], &[]);
        assert!(world.verify(&sign(Algorithm::RS256, &world.claims(json!({})))).is_ok());
    }
}
