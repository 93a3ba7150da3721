use axum::http::{HeaderMap, HeaderValue};

use super::{ClientVersion, Support, Version};

fn of(header: Option<&str>, segment: Option<&str>) -> Result<Option<(String, Version)>, &'static str> {
    let mut headers = HeaderMap::new();
    if let Some(header) = header {
        headers.insert("convex-client", HeaderValue::from_str(header).expect("a header"));
    }
    let version = ClientVersion::of_socket(&headers, segment).map_err(|error| error.code)?;
    Ok(version.map(|client| (client.name, client.version)))
}

fn client(text: &str) -> ClientVersion {
    ClientVersion::parse(text).expect("a version")
}

#[test]
fn the_header_wins_over_the_path() {
    assert_eq!(of(None, None), Ok(None));
    assert_eq!(of(None, Some("1.48.0")), Ok(Some(("npm".into(), Version(1, 48, 0)))));
    assert_eq!(of(Some("rust-0.10.4"), Some("1.48.0")), Ok(Some(("rust".into(), Version(0, 10, 4)))));
}

#[test]
fn the_longest_version_suffix_wins() {
    for (text, name, version) in [
        ("npm-cli-1.2.3", "npm-cli", Version(1, 2, 3)),
        ("npm-1.2.3-alpha.4", "npm", Version(1, 2, 3)),
        ("unheard-of-thing-0.0.1+build-7", "unheard-of-thing", Version(0, 0, 1)),
        ("-1.0.0", "", Version(1, 0, 0)),
    ] {
        assert_eq!(of(Some(text), None), Ok(Some((name.into(), version))), "{text}");
    }
    for text in ["npm", "npm-", "npm-1.2", "npm-1.2.3.4", "npm-1.02.3", "npm-1.2.x", "1.2.3"] {
        assert_eq!(of(Some(text), None), Err("InvalidClientVersion"), "{text}");
    }
    for segment in ["1.2", "one", "1.2.3-", "1.2.3+"] {
        assert_eq!(of(None, Some(segment)), Err("InvalidClientVersion"), "{segment}");
    }
}

#[test]
fn old_clients_are_known() {
    for (text, support) in [
        ("npm-0.19.1", Support::Unsupported),
        ("npm-cli-0.19.1", Support::Unsupported),
        ("actions-0.1.0", Support::Unsupported),
        ("npm-0.19.2", Support::Supported),
        ("python-0.0.2", Support::Unsupported),
        ("python-0.2.0", Support::UpgradeRequired),
        ("python-0.2.1", Support::Supported),
        ("rust-0.0.1", Support::Unsupported),
        ("rust-0.10.0", Support::Supported),
        ("swift-0.0.1", Support::Supported),
    ] {
        assert_eq!(client(text).support(), support, "{text}");
        assert_eq!(client(text).check_supported().is_err(), support == Support::Unsupported);
    }
}

#[test]
fn abilities_depend_on_the_version() {
    assert!(client("npm-1.28.0").takes_chunks() && client("npm-1.48.0").takes_chunks());
    assert!(!client("npm-1.27.9").takes_chunks() && !client("rust-9.0.0").takes_chunks());
    assert!(client("npm-1.4.0").wants_encoded_results() && client("python-0.4.9").wants_encoded_results());
    assert!(!client("npm-1.4.1").wants_encoded_results() && !client("rust-0.1.0").wants_encoded_results());
}
