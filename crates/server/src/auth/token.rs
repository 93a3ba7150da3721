//! User tokens: which provider a token belongs to, and whether that provider signed it.
//!
//! The payload is first read unverified, only to choose the provider; nothing of it is believed before the signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use functions::deployment::AuthProvider;
use functions::{ErrorKind, UserIdentity};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use platform::Platform;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::auth::claims::{Subject, custom_identity, oidc_identity};
use crate::auth::keys::{Accepts, FetchError, KeyCache, Want};
use crate::error::ApiError;

/// Difference of clocks forgiven to custom issuers, in seconds. OpenID Connect tokens get none.
const CUSTOM_LEEWAY_SECONDS: f64 = 5.0;

/// What a token is checked against.
pub struct Check<'a> {
    pub providers: &'a [AuthProvider],
    /// Leave details out of error texts.
    pub redact: bool,
    pub platform: &'a Platform,
}

/// Verifies `token` and returns its user.
///
/// Errors: 401 by cause, or what the provider's server answered.
pub async fn verify(token: &str, check: &Check<'_>, keys: &KeyCache) -> Result<UserIdentity, ApiError> {
    let unverified = Unverified::read(token)?;
    let Some(provider) = check.providers.iter().find(|provider| unverified.belongs_to(provider)) else {
        return Err(no_provider(&unverified, check));
    };
    match provider {
        AuthProvider::Oidc { domain, application_id } => {
            let key_set = Discovery { keys, check }.key_set_address(domain).await?;
            let claims = signed_claims(token, &[Algorithm::RS256, Algorithm::EdDSA], keys, &key_set, check)
                .await
                .map_err(|failure| failure.into_error("Unauthenticated", check))?;
            let subject = check_oidc_claims(&claims, application_id, check)
                .map_err(|why| ApiError::unauthenticated("Unauthenticated", why))?;
            Ok(oidc_identity(subject, claims))
        }
        AuthProvider::CustomJwt { jwks, algorithm, .. } => {
            let key_set = KeySetAddress { url: jwks.clone(), accepts: Accepts::KeySetTypes };
            let algorithm = match algorithm.as_str() {
                "ES256" => Algorithm::ES256,
                _ => Algorithm::RS256,
            };
            let claims = signed_claims(token, &[algorithm], keys, &key_set, check)
                .await
                .map_err(|failure| failure.into_error("InvalidAuthHeader", check))?;
            let subject = check_custom_claims(&claims, check)
                .map_err(|why| ApiError::unauthenticated("InvalidAuthHeader", why))?;
            Ok(custom_identity(subject, claims))
        }
    }
}

/// The unverified issuer and audiences of a token.
struct Unverified {
    issuer: String,
    audiences: Vec<String>,
}

#[derive(Deserialize)]
struct RoutingClaims {
    iss: Option<String>,
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Unverified {
    fn read(token: &str) -> Result<Unverified, ApiError> {
        let claims: RoutingClaims = jsonwebtoken::dangerous::insecure_decode_claims(token)
            .map_err(|_| ApiError::unauthenticated("InvalidAuthHeader", "The token is not a JSON Web Token."))?;
        let issuer = claims
            .iss
            .ok_or_else(|| ApiError::unauthenticated("InvalidAuthHeader", "The token has no issuer (`iss`)."))?;
        let audiences = match claims.aud {
            None => Vec::new(),
            Some(Audience::One(audience)) => vec![audience],
            Some(Audience::Many(audiences)) => audiences,
        };
        Ok(Unverified { issuer, audiences })
    }

    fn belongs_to(&self, provider: &AuthProvider) -> bool {
        let (issuer, application_id) = match provider {
            AuthProvider::Oidc { domain, application_id } => (domain, Some(application_id)),
            AuthProvider::CustomJwt { issuer, application_id, .. } => (issuer, application_id.as_ref()),
        };
        let audience_fits = application_id.is_none_or(|id| self.audiences.contains(id));
        audience_fits && canonical_issuer(issuer) == canonical_issuer(&self.issuer)
    }
}

/// With a scheme and without trailing slashes, so that the usual spellings compare equal.
fn canonical_issuer(issuer: &str) -> String {
    let trimmed = issuer.trim_end_matches('/');
    let has_scheme = trimmed.starts_with("https://") || trimmed.starts_with("http://");
    if has_scheme { trimmed.to_owned() } else { format!("https://{trimmed}") }
}

fn no_provider(token: &Unverified, check: &Check<'_>) -> ApiError {
    let mut message = String::from("No auth provider found matching the given token.");
    if !check.redact {
        let configured: Vec<Json> = check.providers.iter().map(AuthProvider::to_json).collect();
        message.push_str(&format!(
            " The token has issuer {:?} and audience {:?}; configured are {}.",
            token.issuer,
            token.audiences,
            Json::Array(configured)
        ));
    }
    ApiError::unauthenticated("NoAuthProvider", message)
}

/// Where a provider's keys are.
struct KeySetAddress {
    url: String,
    accepts: Accepts,
}

/// OpenID Connect discovery.
struct Discovery<'a> {
    keys: &'a KeyCache,
    check: &'a Check<'a>,
}

#[derive(Deserialize)]
struct DiscoveryDocument {
    issuer: String,
    jwks_uri: String,
}

impl Discovery<'_> {
    async fn key_set_address(&self, domain: &str) -> Result<KeySetAddress, ApiError> {
        let issuer = canonical_issuer(domain);
        let url = format!("{issuer}/.well-known/openid-configuration");
        let body = self
            .keys
            .document(&url, Accepts::Anything, Want::Fresh, self.check.platform)
            .await
            .map_err(|error| discovery_failed(&url, &error))?;
        let document: DiscoveryDocument =
            serde_json::from_slice(&body).map_err(|_| discovery_failed(&url, &FetchError::Body))?;
        if canonical_issuer(&document.issuer) != issuer {
            return Err(ApiError::unauthenticated(
                "Unauthenticated",
                format!("{url} describes another issuer, {:?}.", document.issuer),
            ));
        }
        Ok(KeySetAddress { url: document.jwks_uri, accepts: Accepts::Anything })
    }
}

/// The provider's own trouble keeps its status, so that clients retry where that helps.
fn discovery_failed(url: &str, error: &FetchError) -> ApiError {
    let kind = match error {
        FetchError::Status(401) => ErrorKind::Unauthenticated,
        FetchError::Status(403) => ErrorKind::Forbidden,
        FetchError::Status(404) => ErrorKind::NotFound,
        FetchError::Status(429) => ErrorKind::RateLimited,
        FetchError::Status(500..) => ErrorKind::Overloaded,
        FetchError::Status(_)
        | FetchError::Network(_)
        | FetchError::ContentType(_)
        | FetchError::Body
        | FetchError::DataUrl => ErrorKind::BadRequest,
    };
    ApiError::new(kind, "AuthProviderDiscoveryFailed", format!("Auth provider discovery of {url} failed: {error}"))
}

const OTHER_ALGORITHM: &str = "it is signed with an algorithm the provider does not use";

/// Why a signature was not accepted.
enum SignatureFailure {
    Keys { url: String, error: FetchError },
    Token(&'static str),
}

impl SignatureFailure {
    fn into_error(self, code: &'static str, check: &Check<'_>) -> ApiError {
        let message = match self {
            SignatureFailure::Keys { .. } if check.redact => "Could not read the provider's keys.".into(),
            SignatureFailure::Keys { url, error } => format!("Could not read the provider's keys at {url}: {error}"),
            SignatureFailure::Token(why) => format!("Could not verify the token: {why}."),
        };
        ApiError::unauthenticated(code, message)
    }
}

/// The claims, once a key of the provider is known to have signed them with one of `algorithms`.
async fn signed_claims(
    token: &str,
    algorithms: &[Algorithm],
    keys: &KeyCache,
    address: &KeySetAddress,
    check: &Check<'_>,
) -> Result<Map<String, Json>, SignatureFailure> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| SignatureFailure::Token(wrong_header(token)))?;
    if !algorithms.contains(&header.alg) {
        return Err(SignatureFailure::Token(OTHER_ALGORITHM));
    }
    let mut chosen = None;
    for want in [Want::Fresh, Want::Newer] {
        let key_set = keys
            .key_set(&address.url, address.accepts, want, check.platform)
            .await
            .map_err(|error| SignatureFailure::Keys { url: address.url.clone(), error })?;
        chosen = choose_key(key_set, header.kid.as_deref(), header.alg);
        if chosen.is_some() {
            break;
        }
    }
    let key = chosen.ok_or(SignatureFailure::Token("the provider has no key for it"))?;
    let key = DecodingKey::from_jwk(&key).map_err(|_| SignatureFailure::Token("the provider's key cannot be used"))?;
    let data = jsonwebtoken::decode::<Map<String, Json>>(token, &key, &signature_only(header.alg))
        .map_err(|_| SignatureFailure::Token("its signature is wrong"))?;
    Ok(data.claims)
}

/// What is wrong with a header that cannot be decoded: it may be well formed and say `none`.
fn wrong_header(token: &str) -> &'static str {
    let bytes = token.split('.').next().and_then(|head| URL_SAFE_NO_PAD.decode(head).ok());
    let header: Option<Json> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match header.as_ref().and_then(|header| header.get("alg")) {
        Some(Json::String(_)) => OTHER_ALGORITHM,
        _ => "its header cannot be read",
    }
}

/// Times and audiences are checked by us, against the platform's clock.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

/// The key named by `kid`; without one, the only key that fits the algorithm.
fn choose_key(set: JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Option<Jwk> {
    let mut fitting = set.keys.into_iter().filter(|key| fits(key, algorithm));
    match kid {
        Some(kid) => fitting.find(|key| key.common.key_id.as_deref() == Some(kid)),
        None => {
            let only = fitting.next()?;
            fitting.next().is_none().then_some(only)
        }
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let family_fits = matches!(
        (&key.algorithm, algorithm),
        (AlgorithmParameters::RSA(_), Algorithm::RS256)
            | (AlgorithmParameters::EllipticCurve(_), Algorithm::ES256)
            | (AlgorithmParameters::OctetKeyPair(_), Algorithm::EdDSA)
    );
    let declared = key.common.key_algorithm.map(|declared| declared.to_string());
    family_fits && declared.is_none_or(|declared| declared == format!("{algorithm:?}"))
}

fn check_oidc_claims(claims: &Map<String, Json>, application_id: &str, check: &Check<'_>) -> Result<Subject, String> {
    let subject = required_claims(claims)?;
    if !claims.get("iat").is_some_and(Json::is_number) {
        return Err("The token has no issue time (`iat`).".into());
    }
    let audience = match claims.get("aud") {
        Some(Json::String(audience)) => Some(audience.as_str()),
        Some(Json::Array(audiences)) if audiences.len() == 1 => audiences[0].as_str(),
        _ => None,
    };
    if audience != Some(application_id) {
        return Err("The token is not meant for this application alone (`aud`).".into());
    }
    check_times(claims, check, 0.0)?;
    Ok(subject)
}

fn check_custom_claims(claims: &Map<String, Json>, check: &Check<'_>) -> Result<Subject, String> {
    let mut subject = required_claims(claims)?;
    check_times(claims, check, CUSTOM_LEEWAY_SECONDS)?;
    // A connection must not find a token expired that has just been accepted.
    subject.expires_at += CUSTOM_LEEWAY_SECONDS as u64;
    Ok(subject)
}

fn required_claims(claims: &Map<String, Json>) -> Result<Subject, String> {
    let text = |name: &str| match claims.get(name) {
        Some(Json::String(text)) => Ok(text.clone()),
        _ => Err(format!("The token has no `{name}`.")),
    };
    let expires_at = claims.get("exp").and_then(Json::as_f64).ok_or("The token has no expiry (`exp`).")?;
    Ok(Subject { issuer: text("iss")?, subject: text("sub")?, expires_at: expires_at.max(0.0) as u64 })
}

fn check_times(claims: &Map<String, Json>, check: &Check<'_>, leeway: f64) -> Result<(), String> {
    let now = check.platform.now_ms() / 1000.0;
    if claims.get("exp").and_then(Json::as_f64).is_some_and(|expiry| now >= expiry + leeway) {
        return Err("The token has expired.".into());
    }
    if claims.get("nbf").and_then(Json::as_f64).is_some_and(|begin| now < begin - leeway) {
        return Err("The token is not valid yet (`nbf`).".into());
    }
    Ok(())
}
