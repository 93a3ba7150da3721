//! Where a request comes from, as far as functions may ask.

use std::net::SocketAddr;

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use functions::RequestOrigin;

/// Longest `User-Agent` kept, in bytes.
const USER_AGENT_BYTES_MAX: usize = 1024;

/// The other end of the connection a request came in on; put into every request of it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The origin of a request.
pub fn of_request(parts: &Parts) -> RequestOrigin {
    of(parts.extensions.get::<Peer>().copied(), &parts.headers)
}

/// The origin of a request with these headers from this peer.
///
/// A peer on the same machine is taken for a reverse proxy, whose `X-Forwarded-For` counts. From anybody else that
/// header is only a claim.
pub fn of(peer: Option<Peer>, headers: &HeaderMap) -> RequestOrigin {
    let ip = peer.map(|Peer(address)| match forwarded_for(headers) {
        Some(client) if address.ip().is_loopback() => client,
        _ => address.ip().to_canonical().to_string(),
    });
    RequestOrigin { ip, user_agent: user_agent(headers), scheduled_function_id: None }
}

/// The last address in `X-Forwarded-For`: the one that the nearest proxy has seen itself.
fn forwarded_for(headers: &HeaderMap) -> Option<String> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let address = last.rsplit(',').next()?.trim();
    address.parse::<std::net::IpAddr>().ok().map(|ip| ip.to_canonical().to_string())
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    let cut =
        text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= USER_AGENT_BYTES_MAX).last();
    Some(text[..cut.unwrap_or(0)].to_owned())
}

#[cfg(test)]
mod tests;
