use std::net::SocketAddr;

use super::origin;

fn derived(address: &str) -> String {
    origin(&None, address.parse::<SocketAddr>().expect("an address"))
}

#[test]
fn origins_are_addresses_clients_can_reach() {
    assert_eq!(derived("127.0.0.1:3210"), "http://127.0.0.1:3210");
    assert_eq!(derived("0.0.0.0:80"), "http://127.0.0.1:80");
    assert_eq!(derived("[::]:80"), "http://[::1]:80");
    assert_eq!(derived("192.168.0.7:1"), "http://192.168.0.7:1");
    let given = Some("https://api.example/".to_owned());
    assert_eq!(origin(&given, "0.0.0.0:80".parse().expect("an address")), "https://api.example");
}
