use serde_json::{Map, Value as Json, json};

use super::{Subject, custom_identity, oidc_identity};

fn subject() -> Subject {
    Subject { issuer: "https://i".into(), subject: "s".into(), expires_at: 9 }
}

fn object(json: Json) -> Map<String, Json> {
    json.as_object().expect("an object").clone()
}

/// Claim mapping of 5.4 for both provider kinds, including dotted keys and dropped claims.
#[test]
fn standard_claims_get_their_attribute_names() {
    let claims = json!({
        "iss": "https://i", "sub": "s", "aud": "a", "exp": 9, "iat": 1, "nbf": 1, "jti": "x", "fva": [1, 2],
        "nonce": "n", "azp": "a", "name": "Ada", "given_name": "A", "family_name": "L", "nickname": "al",
        "preferred_username": "ada", "profile": "p", "picture": "q", "website": "w", "email": "a@b",
        "email_verified": true, "gender": "f", "birthdate": "1815-12-10", "zoneinfo": "Europe/London",
        "locale": "en", "phone_number": "1", "phone_number_verified": false, "updated_at": 1_718_000_000,
        "address": {"formatted": "London", "country": "UK"}, "org": {"id": 7}, "roles": ["a"]
    });
    let user = oidc_identity(subject(), object(claims));
    assert_eq!(
        user.to_json(),
        json!({
            "tokenIdentifier": "https://i|s", "issuer": "https://i", "subject": "s", "name": "Ada", "givenName": "A",
            "familyName": "L", "nickname": "al", "preferredUsername": "ada", "profileUrl": "p", "pictureUrl": "q",
            "websiteUrl": "w", "email": "a@b", "emailVerified": true, "gender": "f", "birthday": "1815-12-10",
            "timezone": "Europe/London", "language": "en", "phoneNumber": "1", "phoneNumberVerified": false,
            "updatedAt": "2024-06-10T06:13:20+00:00", "address": "London", "org": {"id": 7}, "roles": ["a"]
        })
    );
    assert_eq!(user.expires_at, Some(9));
}

#[test]
fn custom_claims_keep_their_names_and_are_flattened() {
    let claims = json!({
        "iss": "https://i", "sub": "s", "aud": "a", "exp": 9, "iat": 1, "nbf": 1, "jti": "x", "fva": 3,
        "email": "a@b", "given_name": "A", "properties": {"id": "7", "deep": {"list": [1, {"a": 2}]}, "none": null}
    });
    let user = custom_identity(subject(), object(claims));
    assert_eq!(
        Json::Object(user.attributes),
        json!({"email": "a@b", "given_name": "A", "properties.id": "7", "properties.deep.list": [1, {"a": 2}],
            "properties.none": null})
    );
}

#[test]
fn update_times_become_texts() {
    for (claim, text) in [
        (json!(0), json!("1970-01-01T00:00:00+00:00")),
        (json!(951_782_400), json!("2000-02-29T00:00:00+00:00")),
        (json!(-1), json!("1969-12-31T23:59:59+00:00")),
        (json!("2020-01-01"), json!("2020-01-01")),
    ] {
        let user = oidc_identity(subject(), object(json!({ "updated_at": claim })));
        assert_eq!(user.attributes["updatedAt"], text);
    }
}
