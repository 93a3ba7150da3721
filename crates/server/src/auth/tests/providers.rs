//! Tokens as Clerk, Auth0 and WorkOS make them, for `auth.config.ts` as their guides have it written.

use functions::deployment::AuthProvider;
use functions::{ErrorKind, UserIdentity};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value as Json, json};

use super::tokens::{KEY_SET, World, page, sign};

const CLERK: &str = "https://verb-noun-00.clerk.accounts.dev";
const AUTH0: &str = "https://dev-abc123.us.auth0.com/";
const AUTH0_CLIENT: &str = "aBcD1234aBcD1234aBcD1234aBcD1234";
const WORKOS: &str = "https://api.workos.com/user_management/client_01ABC";
const WORKOS_KEYS: &str = "https://api.workos.com/sso/jwks/client_01ABC";

/// A server with the providers of `config`. `discovery` is the issuer of OpenID Connect, as its document spells it.
fn world(config: Json, discovery: &str, keys: &str) -> World {
    let providers = config.as_array().expect("a list").iter().map(AuthProvider::from_json);
    let providers = providers.collect::<Result<_, _>>().expect("a config that can be pushed");
    let document = json!({ "issuer": discovery, "jwks_uri": keys }).to_string();
    let address = format!("{}/.well-known/openid-configuration", discovery.trim_end_matches('/'));
    let pages = [(&*address, page(200, "application/json", &document)), (keys, page(200, "application/json", KEY_SET))];
    World::new(providers, &pages)
}

fn clerk() -> World {
    let config = json!([{ "domain": CLERK, "applicationID": "convex" }]);
    world(config, CLERK, &format!("{CLERK}/.well-known/jwks.json"))
}

fn auth0() -> World {
    let config = json!([{ "domain": "dev-abc123.us.auth0.com", "applicationID": AUTH0_CLIENT }]);
    world(config, AUTH0, &format!("{AUTH0}.well-known/jwks.json"))
}

fn workos() -> World {
    let config = json!([
        { "type": "customJwt", "issuer": "https://api.workos.com/", "algorithm": "RS256",
            "applicationID": "client_01ABC", "jwks": WORKOS_KEYS },
        { "type": "customJwt", "issuer": WORKOS, "algorithm": "RS256", "jwks": WORKOS_KEYS },
    ]);
    world(config, "https://nobody.example", WORKOS_KEYS)
}

/// `claims` with the times of a fresh token.
fn fresh(world: &World, mut claims: Json) -> Json {
    let now = world.now_seconds();
    for (name, at) in [("iat", now), ("exp", now + 60)] {
        if claims.get(name).is_none() {
            claims[name] = at.into();
        }
    }
    claims
}

fn clerk_claims(world: &World) -> Json {
    let now = world.now_seconds();
    fresh(
        world,
        json!({
            "aud": "convex", "azp": "http://localhost:5173", "iss": CLERK, "sub": "user_2abc", "jti": "9f8e7d",
            "nbf": now - 10, "fva": [0, -1], "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
            "nickname": "ada", "email": "ada@example.com", "email_verified": true, "phone_number": "+15550100",
            "phone_number_verified": false, "picture": "https://img.clerk.com/x", "updated_at": 1_718_000_000,
            "sid": "sess_1", "org_id": "org_1", "org_role": "org:admin", "org_slug": "engines",
            "org_permissions": ["org:notes:read"], "o": { "id": "org_1", "rol": "admin", "slg": "engines" },
            "public_metadata": { "plan": "pro", "limits": { "notes": 10 } },
        }),
    )
}

fn auth0_claims(world: &World) -> Json {
    fresh(
        world,
        json!({
            "iss": AUTH0, "aud": AUTH0_CLIENT, "sub": "auth0|65f0", "sid": "s1", "nonce": "n1", "name": "Ada",
            "nickname": "ada", "picture": "https://s.gravatar.com/x", "updated_at": "2026-01-01T08:00:00.000Z",
            "email": "ada@example.com", "email_verified": true, "org_id": "org_abc", "org_name": "engines",
            "https://notes.example/roles": ["admin", "editor"], "https://notes.example/plan": { "name": "pro" },
        }),
    )
}

fn workos_claims(world: &World) -> Json {
    fresh(
        world,
        json!({
            "iss": WORKOS, "sub": "user_01ABC", "sid": "session_01", "jti": "01XYZ", "org_id": "org_01",
            "role": "admin", "roles": ["admin"], "permissions": ["notes:write"], "entitlements": [],
            "feature_flags": [], "urn:example:profile": { "email": "ada@example.com", "name": { "first": "Ada" } },
        }),
    )
}

fn accepted(world: &World, claims: &Json) -> UserIdentity {
    world.verify(&sign(Algorithm::RS256, claims)).unwrap_or_else(|error| panic!("refused: {error}"))
}

#[test]
fn a_token_of_clerk_names_user_and_organization() {
    let world = clerk();
    let user = accepted(&world, &clerk_claims(&world));
    assert_eq!(
        user.to_json(),
        json!({
            "tokenIdentifier": format!("{CLERK}|user_2abc"), "issuer": CLERK, "subject": "user_2abc",
            "name": "Ada Lovelace", "givenName": "Ada", "familyName": "Lovelace", "nickname": "ada",
            "email": "ada@example.com", "emailVerified": true, "phoneNumber": "+15550100",
            "phoneNumberVerified": false, "pictureUrl": "https://img.clerk.com/x",
            "updatedAt": "2024-06-10T06:13:20+00:00", "sid": "sess_1", "org_id": "org_1", "org_role": "org:admin",
            "org_slug": "engines", "org_permissions": ["org:notes:read"],
            "o": { "id": "org_1", "rol": "admin", "slg": "engines" },
            "public_metadata": { "plan": "pro", "limits": { "notes": 10 } },
        })
    );
    // A session token without the template named "convex" has no audience.
    let mut session = clerk_claims(&world);
    session.as_object_mut().expect("an object").remove("aud");
    let error = world.verify(&sign(Algorithm::RS256, &session)).expect_err("refused");
    assert_eq!(error.code, "NoAuthProvider");
}

#[test]
fn a_token_of_auth0_ends_its_issuer_in_a_slash_and_the_config_has_no_scheme() {
    let world = auth0();
    let user = accepted(&world, &auth0_claims(&world));
    assert_eq!(
        user.to_json(),
        json!({
            "tokenIdentifier": format!("{AUTH0}|auth0|65f0"), "issuer": AUTH0, "subject": "auth0|65f0", "name": "Ada",
            "nickname": "ada", "pictureUrl": "https://s.gravatar.com/x", "updatedAt": "2026-01-01T08:00:00.000Z",
            "email": "ada@example.com", "emailVerified": true, "sid": "s1", "org_id": "org_abc",
            "org_name": "engines", "https://notes.example/roles": ["admin", "editor"],
            "https://notes.example/plan": { "name": "pro" },
        })
    );
    let mut list = auth0_claims(&world);
    list["aud"] = json!([AUTH0_CLIENT]);
    assert_eq!(accepted(&world, &list), user);
    // An access token is meant for an API, and names the application in `azp` only.
    let mut access = auth0_claims(&world);
    access["aud"] = json!(["https://api.example", "https://dev-abc123.us.auth0.com/userinfo"]);
    access["azp"] = json!(AUTH0_CLIENT);
    let error = world.verify(&sign(Algorithm::RS256, &access)).expect_err("refused");
    assert_eq!(error.code, "NoAuthProvider");
    assert!(error.message.contains(AUTH0_CLIENT) && error.message.contains("https://api.example"), "{error}");
}

#[test]
fn a_token_of_workos_needs_no_audience_where_the_issuer_names_the_client() {
    let world = workos();
    let user = accepted(&world, &workos_claims(&world));
    assert_eq!(
        user.to_json(),
        json!({
            "tokenIdentifier": format!("{WORKOS}|user_01ABC"), "issuer": WORKOS, "subject": "user_01ABC",
            "sid": "session_01", "org_id": "org_01", "role": "admin", "roles": ["admin"],
            "permissions": ["notes:write"], "entitlements": [], "feature_flags": [],
            "urn:example:profile.email": "ada@example.com", "urn:example:profile.name.first": "Ada",
        })
    );
    for issuer in ["https://api.workos.com/", "https://api.workos.com"] {
        let mut claims = workos_claims(&world);
        claims["iss"] = json!(issuer);
        let error = world.verify(&sign(Algorithm::RS256, &claims)).expect_err("this issuer serves all clients");
        assert_eq!(error.code, "NoAuthProvider");
        claims["aud"] = json!("client_01ABC");
        assert_eq!(accepted(&world, &claims).token_identifier, format!("{issuer}|user_01ABC"));
    }
}

/// What each provider's `good` claims become when something is wrong with the token.
#[test]
fn wrong_tokens_of_every_provider_say_what_is_wrong() {
    let algorithm = "Could not verify the token: it is signed with an algorithm the provider does not use.";
    for (name, world, good, code) in [
        ("Clerk", clerk(), clerk_claims as fn(&World) -> Json, "Unauthenticated"),
        ("Auth0", auth0(), auth0_claims as fn(&World) -> Json, "Unauthenticated"),
        ("WorkOS", workos(), workos_claims as fn(&World) -> Json, "InvalidAuthHeader"),
    ] {
        let now = world.now_seconds();
        let claims = |change: Json| {
            let mut claims = good(&world);
            for (name, value) in change.as_object().expect("an object") {
                claims[name] = value.clone();
            }
            claims
        };
        let rs256 = |change: Json| sign(Algorithm::RS256, &claims(change));
        let parts: Vec<String> = rs256(json!({})).split('.').map(str::to_owned).collect();
        let [head, payload, signature] = &parts[..] else { panic!("three parts") };
        let other = rs256(json!({ "sub": "somebody else" }));
        let other_payload = other.split('.').nth(1).expect("three parts");
        // The key that anybody can read, taken for a secret.
        let public = EncodingKey::from_secret(KEY_SET.as_bytes());
        let swapped = Header { kid: Some("rsa-1".into()), ..Header::new(Algorithm::HS256) };
        let swapped = encode(&swapped, &claims(json!({})), &public).expect("signs");
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"; // {"alg":"none","typ":"JWT"}
        let no_provider = "No auth provider found matching the given token.";
        let no_token = "The token is not a JSON Web Token.";
        let cases = [
            ("expired", rs256(json!({ "exp": now - 60 })), code, "The token has expired."),
            ("not yet", rs256(json!({ "nbf": now + 60 })), code, "The token is not valid yet (`nbf`)."),
            ("another issuer", rs256(json!({ "iss": "https://evil.example" })), "NoAuthProvider", no_provider),
            ("other user", format!("{head}.{other_payload}.{signature}"), code, "its signature is wrong."),
            ("algorithm swapped", swapped, code, algorithm),
            ("another algorithm", sign(Algorithm::ES256, &claims(json!({}))), code, algorithm),
            ("no algorithm", format!("{none}.{payload}."), code, algorithm),
            ("unsigned", format!("{head}.{payload}."), code, "its signature is wrong."),
            ("two parts", format!("{head}.{payload}"), "InvalidAuthHeader", no_token),
            ("garbage", "garbage".into(), "InvalidAuthHeader", no_token),
            ("nothing", String::new(), "InvalidAuthHeader", no_token),
        ];
        for (what, token, code, text) in cases {
            let error = world.verify(&token).expect_err(what);
            assert_eq!((error.kind, error.code), (ErrorKind::Unauthenticated, code), "{name}, {what}: {error}");
            assert!(error.message.contains(text), "{name}, {what}: {error}");
        }
        if name != "WorkOS" {
            let error = world.verify(&rs256(json!({ "aud": "other" }))).expect_err("another audience");
            assert_eq!(error.code, "NoAuthProvider", "{name}");
            assert!(error.message.starts_with(no_provider) && error.message.contains("[\"other\"]"), "{error}");
        }
    }
}
