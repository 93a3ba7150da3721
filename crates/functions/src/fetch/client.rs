//! The HTTP client behind `fetch`, shared by every action of a runtime so that they share its connections.
//!
//! It keeps no cookies and no cache, follows no redirects, and asks for and undoes the compressions that browsers
//! know. Proxies are taken from the usual environment variables. It goes wherever the server's network lets it go.

use std::error::Error;
use std::sync::{Arc, OnceLock};

use js::HostError;
use reqwest::redirect::Policy;
use reqwest::{Body, Client, ClientBuilder, Request, Response};

use crate::limits;

const USER_AGENT: &str = concat!("concave/", env!("CARGO_PKG_VERSION"));

/// A cheap handle; clones share the connections. The client is made when somebody sends the first request, since it
/// reads the machine's certificates.
#[derive(Clone, Default)]
pub struct FetchClient(Arc<OnceLock<Result<Client, String>>>);

impl FetchClient {
    /// The client, or what kept it from being made.
    fn client(&self) -> Result<&Client, &String> {
        let made = self.0.get_or_init(|| {
            // The process may have chosen its TLS provider already; it is the same one then.
            drop(rustls::crypto::ring::default_provider().install_default());
            // A machine without certificate authorities can still reach what needs none.
            let client = builder().build().or_else(|_| builder().tls_certs_only([]).build());
            client.map_err(|error| chain(&error))
        });
        made.as_ref()
    }

    /// Sends a request; resolves once the head of the response is there.
    pub(super) async fn send(
        &self,
        mut request: Request,
        body: Option<Body>,
        url: &str,
    ) -> Result<Response, HostError> {
        let client = self.client().map_err(|text| HostError::developer(format!("fetch cannot be used: {text}")))?;
        *request.body_mut() = body;
        client.execute(request).await.map_err(|error| failure(&format!("Could not fetch {url}"), &error))
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .user_agent(USER_AGENT)
        .connect_timeout(limits::FETCH_CONNECT_TIMEOUT)
        .pool_idle_timeout(limits::FETCH_IDLE_TIMEOUT)
        .pool_max_idle_per_host(limits::FETCH_IDLE_CONNECTIONS_PER_HOST_MAX)
        .http1_max_headers(limits::FETCH_RESPONSE_HEADERS_MAX)
}

/// What user code sees of trouble with the network.
pub(super) fn failure(what: &str, error: &reqwest::Error) -> HostError {
    HostError::developer(format!("{what}: {}", chain(error)))
}

/// The causes behind an error, innermost last, without the phrases that only repeat that a request failed.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    if causes.is_empty() {
        causes.push(error.to_string());
    }
    causes.dedup();
    causes.join(": ")
}
