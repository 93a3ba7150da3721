use super::*;

fn ip(peer: &str, forwarded: &[&str]) -> Option<String> {
    let mut headers = HeaderMap::new();
    for value in forwarded {
        headers.append("x-forwarded-for", value.parse().unwrap());
    }
    of(Some(Peer(peer.parse().unwrap())), &headers).ip
}

#[test]
fn only_a_local_proxy_is_believed() {
    assert_eq!(ip("203.0.113.9:1", &[]).as_deref(), Some("203.0.113.9"));
    assert_eq!(ip("203.0.113.9:1", &["198.51.100.7"]).as_deref(), Some("203.0.113.9"));
    assert_eq!(ip("127.0.0.1:1", &["10.9.9.9, 198.51.100.7"]).as_deref(), Some("198.51.100.7"));
    assert_eq!(ip("[::1]:1", &["10.9.9.9", "2001:db8::1"]).as_deref(), Some("2001:db8::1"));
    assert_eq!(ip("127.0.0.1:1", &["nonsense"]).as_deref(), Some("127.0.0.1"));
    assert_eq!(ip("[::ffff:203.0.113.9]:1", &[]).as_deref(), Some("203.0.113.9"));
    assert_eq!(of(None, &HeaderMap::new()), RequestOrigin::default());
}

#[test]
fn a_long_user_agent_is_cut() {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, "x".repeat(5000).parse().unwrap());
    assert_eq!(of(None, &headers).user_agent.map(|text| text.len()), Some(USER_AGENT_BYTES_MAX));
}
