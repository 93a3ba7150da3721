//! How the claims of a verified token become the attributes that functions see.

use functions::UserIdentity;
use serde_json::{Map, Value as Json};

/// OpenID Connect claims that have an attribute of their own, with the attribute's name.
const NAMED_CLAIMS: &[(&str, &str)] = &[
    ("name", "name"),
    ("given_name", "givenName"),
    ("family_name", "familyName"),
    ("nickname", "nickname"),
    ("preferred_username", "preferredUsername"),
    ("profile", "profileUrl"),
    ("picture", "pictureUrl"),
    ("website", "websiteUrl"),
    ("email", "email"),
    ("gender", "gender"),
    ("birthdate", "birthday"),
    ("zoneinfo", "timezone"),
    ("locale", "language"),
    ("phone_number", "phoneNumber"),
];

/// The named claims that are booleans.
const FLAG_CLAIMS: &[(&str, &str)] =
    &[("email_verified", "emailVerified"), ("phone_number_verified", "phoneNumberVerified")];

/// Claims of the protocol itself, which no function sees.
const OIDC_DROPPED: &[&str] =
    &["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "fva", "nonce", "auth_time", "acr", "amr", "azp"];

const CUSTOM_DROPPED: &[&str] = &["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "fva"];

/// The claims every token must have.
pub struct Subject {
    pub issuer: String,
    pub subject: String,
    pub expires_at: u64,
}

/// Standard claims under their attribute names, everything else under its own.
pub fn oidc_identity(subject: Subject, mut claims: Map<String, Json>) -> UserIdentity {
    for dropped in OIDC_DROPPED {
        claims.remove(*dropped);
    }
    let mut attributes = Map::new();
    for (claim, attribute) in NAMED_CLAIMS {
        if let Some(Json::String(text)) = claims.remove(*claim) {
            attributes.insert((*attribute).into(), text.into());
        }
    }
    for (claim, attribute) in FLAG_CLAIMS {
        if let Some(Json::Bool(flag)) = claims.remove(*claim) {
            attributes.insert((*attribute).into(), flag.into());
        }
    }
    if let Some(formatted) = claims.remove("address").as_ref().and_then(|address| address.get("formatted")) {
        attributes.insert("address".into(), formatted.clone());
    }
    if let Some(updated_at) = claims.remove("updated_at").and_then(|value| rfc3339_of(&value)) {
        attributes.insert("updatedAt".into(), updated_at.into());
    }
    attributes.extend(claims);
    identity(subject, attributes)
}

/// Every claim under its raw name; nested objects become dotted names.
pub fn custom_identity(subject: Subject, mut claims: Map<String, Json>) -> UserIdentity {
    for dropped in CUSTOM_DROPPED {
        claims.remove(*dropped);
    }
    let mut attributes = Map::new();
    for (name, value) in claims {
        flatten(name, value, &mut attributes);
    }
    identity(subject, attributes)
}

fn identity(subject: Subject, attributes: Map<String, Json>) -> UserIdentity {
    UserIdentity {
        token_identifier: format!("{}|{}", subject.issuer, subject.subject),
        issuer: subject.issuer,
        subject: subject.subject,
        attributes,
        expires_at: Some(subject.expires_at),
        token: None,
    }
}

fn flatten(name: String, value: Json, out: &mut Map<String, Json>) {
    match value {
        Json::Object(fields) => {
            for (field, value) in fields {
                flatten(format!("{name}.{field}"), value, out);
            }
        }
        value => {
            out.insert(name, value);
        }
    }
}

/// Seconds since the Unix epoch as `2024-06-10T06:13:20+00:00`; a text passes through.
fn rfc3339_of(value: &Json) -> Option<String> {
    if let Json::String(text) = value {
        return Some(text.clone());
    }
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
    let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00"))
}

/// Day number since 1970-01-01 to a date of the Gregorian calendar.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so leap days come last.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests;
