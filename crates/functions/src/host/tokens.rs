//! `ctx.auth.signJwt` in mutations.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{CallHost, arguments, developer, invalid_argument};
use crate::FunctionKind;
use crate::limits::{TOKEN_CLAIMS_BYTES_MAX, TOKEN_LIFETIME_SECONDS_MAX};

/// Claims the server sets itself, or keeps for itself.
const RESERVED: [&str; 4] = ["iss", "iat", "exp", "nbf"];
const RESERVED_PREFIXES: [&str; 2] = ["convex", "cvx"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignArgs {
    claims: Option<Map<String, Json>>,
    expires_in_seconds: f64,
}

impl CallHost<'_, '_> {
    pub(super) fn sign_jwt(&mut self, json: &str) -> Result<String, js::HostError> {
        if self.frame.kind != FunctionKind::Mutation {
            return Err(developer("Can't sign tokens in a query: only mutations may."));
        }
        let args: SignArgs = arguments("auth.signJwt", json)?;
        if json.len() > TOKEN_CLAIMS_BYTES_MAX {
            let why = format!("the claims are larger than {TOKEN_CLAIMS_BYTES_MAX} bytes");
            return Err(invalid_argument("claims", "auth.signJwt", why));
        }
        let mut claims = args.claims.unwrap_or_default();
        check_claims(&claims)?;
        check_lifetime(args.expires_in_seconds)?;
        let now = (self.execution.now_ms / 1000.0).floor();
        claims.insert("iss".into(), self.issuer().into());
        claims.insert("iat".into(), (now as u64).into());
        claims.insert("exp".into(), ((now + args.expires_in_seconds).floor() as u64).into());
        let token = self.execution.runtime.signer.sign(&claims);
        Ok(Json::String(token).to_string())
    }

    /// Who the tokens of the running function come from.
    fn issuer(&self) -> String {
        let url = &self.execution.runtime.options.cloud_url;
        match self.frame.path.component.as_str() {
            "" => url.clone(),
            component => format!("{url}/components/{component}"),
        }
    }
}

fn check_claims(claims: &Map<String, Json>) -> Result<(), js::HostError> {
    for name in claims.keys() {
        if RESERVED.contains(&name.as_str()) {
            let why = format!("the claim \"{name}\" is reserved and cannot be set");
            return Err(invalid_argument("claims", "auth.signJwt", why));
        }
        let lower = name.to_ascii_lowercase();
        if RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
            let why =
                format!("the claim \"{name}\" is reserved: names that start with \"convex\" or \"cvx\" cannot be set");
            return Err(invalid_argument("claims", "auth.signJwt", why));
        }
    }
    Ok(())
}

fn check_lifetime(seconds: f64) -> Result<(), js::HostError> {
    if (1.0..=TOKEN_LIFETIME_SECONDS_MAX).contains(&seconds) {
        return Ok(());
    }
    let why =
        format!("a token lives at least 1 second and at most {TOKEN_LIFETIME_SECONDS_MAX} (1 hour), not {seconds}");
    Err(invalid_argument("expiresInSeconds", "auth.signJwt", why))
}
