use super::*;

fn path() -> FunctionPath {
    FunctionPath::parse_in("lib/mail:send", "a/b").unwrap()
}

#[test]
fn a_handle_opens_what_it_was_issued_for() {
    let key = HandleKey([7; 32]);
    let handle = key.issue(Namespace(3), &path());
    assert_eq!(handle, key.issue(Namespace(3), &path()), "handles are stable");
    assert!(handle.ends_with("#a/b/lib/mail:send"), "{handle}");
    assert_eq!(key.open(&handle), Some((Namespace(3), "lib/mail.js:send".into())));
    let bare = handle.split('#').next().unwrap();
    assert_eq!(key.open(bare), key.open(&handle));
    assert_eq!(key.open(&format!("{bare}#other:thing")), key.open(&handle));
}

#[test]
fn forged_and_damaged_handles_are_refused() {
    let key = HandleKey([7; 32]);
    let other = HandleKey([8; 32]).issue(Namespace(3), &path());
    let bare = key.issue(Namespace(3), &path()).split('#').next().unwrap().to_owned();
    let mut changed = bare.clone().into_bytes();
    changed[PREFIX.len() + 5] ^= 1;
    let changed = String::from_utf8(changed).unwrap();
    for handle in
        [other.as_str(), &changed, &bare[..bare.len() - 4], "function://", "function://!", "lib/mail:send", ""]
    {
        assert_eq!(key.open(handle), None, "{handle}");
    }
}
