//! The addresses of identity providers, looked at when they are pushed: a mistake here would fail every login later.

use crate::deployment::AuthProvider;

/// Checks the addresses of a provider.
///
/// Errors: the code, and what is wrong, as a sentence.
pub(super) fn check(provider: &AuthProvider) -> Result<(), (&'static str, String)> {
    let issuer = |field: &str, text: &str| {
        if is_issuer(text) {
            return Ok(());
        }
        let why = format!(
            "`{field}` is {text:?}, which is no address of an issuer. Give the one that its tokens have as `iss`, for example \"https://example.auth0.com\"."
        );
        Err(("InvalidProviderDomainUrl", why))
    };
    match provider {
        AuthProvider::Oidc { domain, .. } => issuer("domain", domain),
        AuthProvider::CustomJwt { issuer: text, jwks, .. } => {
            issuer("issuer", text)?;
            if jwks.starts_with("data:") || has_web_host(jwks) {
                return Ok(());
            }
            let why = format!(
                "`jwks` is {jwks:?}, which is neither an http or https address of a key set nor a `data:` URL that holds one."
            );
            Err(("InvalidAuthConfig", why))
        }
    }
}

/// With a scheme any host will do; without one it must look like the name of a host.
fn is_issuer(text: &str) -> bool {
    if text.contains("://") {
        return has_web_host(text);
    }
    let host = text.split(['/', ':']).next().unwrap_or_default();
    let top = host.rsplit_once('.').map(|(_, top)| top);
    let named = top.is_some_and(|top| top.len() >= 2 && top.chars().all(char::is_alphabetic));
    (host == "localhost" || named) && is_plain(host)
}

fn has_web_host(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && is_plain(host)
    })
}

fn is_plain(host: &str) -> bool {
    !host.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oidc(domain: &str) -> Option<&'static str> {
        let application_id = "convex".into();
        check(&AuthProvider::Oidc { domain: domain.into(), application_id }).err().map(|(code, _)| code)
    }

    #[test]
    fn issuers_are_addresses() {
        let fine = [
            "https://example.eu.auth0.com/",
            "http://127.0.0.1:3211",
            "https://[::1]:1/x",
            "example.clerk.accounts.dev",
            "localhost:3211",
            "localhost",
            "http://issuer",
        ];
        for domain in fine {
            assert_eq!(oidc(domain), None, "{domain}");
        }
        for domain in ["", "\"https://example.com\"", "ftp://example.com", "https://", "example", "exa mple.com", "a.1"]
        {
            assert_eq!(oidc(domain), Some("InvalidProviderDomainUrl"), "{domain}");
        }
    }

    #[test]
    fn key_sets_are_addresses_or_data() {
        let custom = |issuer: &str, jwks: &str| {
            let (issuer, jwks, algorithm) = (issuer.into(), jwks.into(), "RS256".into());
            check(&AuthProvider::CustomJwt { issuer, jwks, algorithm, application_id: None }).err()
        };
        assert_eq!(custom("https://a.b", "https://a.b/keys"), None);
        assert_eq!(custom("https://a.b", "data:text/plain;base64,e30="), None);
        assert_eq!(custom("a", "https://a.b/keys").map(|(code, _)| code), Some("InvalidProviderDomainUrl"));
        let (code, why) = custom("https://a.b", "keys.json").unwrap();
        assert_eq!(code, "InvalidAuthConfig");
        assert!(why.starts_with("`jwks` is \"keys.json\", which is neither an http or https address"), "{why}");
    }
}
