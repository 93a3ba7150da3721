//! Upload tokens: how long they last and what is not one.

use super::super::token::{TOKEN_LIFE_MS, TokenKey};
use super::*;
use crate::ErrorKind;

fn key(app: &App) -> TokenKey {
    TokenKey::load(&app.database, app.runtime.platform()).unwrap()
}

fn refusal(result: Result<Namespace, SystemError>) -> (ErrorKind, &'static str) {
    let error = result.unwrap_err();
    (error.kind, error.code)
}

#[test]
fn tokens_work_for_an_hour() {
    let app = App::start();
    let key = key(&app);
    let token = key.issue(Namespace(5), 1000);
    assert_eq!(key.check(&token, 1000).unwrap(), Namespace(5));
    assert_eq!(key.check(&token, 1000 + TOKEN_LIFE_MS - 1).unwrap(), Namespace(5));
    let late = key.check(&token, 1000 + TOKEN_LIFE_MS);
    assert_eq!(refusal(late), (ErrorKind::Unauthenticated, "StorageTokenExpired"));
}

#[test]
fn altered_tokens_are_refused() {
    let app = App::start();
    let key = key(&app);
    let token = key.issue(Namespace::ROOT, 1000);
    for index in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(bytes).unwrap();
        // The last character holds bits that no byte uses.
        if altered != token {
            assert_eq!(refusal(key.check(&altered, 1000)).1, "StorageTokenInvalid", "{index}");
        }
    }
    for text in ["", "x", "AAAA", &token[..20], "\u{e9}"] {
        assert_eq!(refusal(key.check(text, 1000)), (ErrorKind::Unauthenticated, "StorageTokenInvalid"));
    }
}

#[test]
fn the_key_belongs_to_the_database() {
    let (app, other) = (App::start(), App::start());
    let token = key(&app).issue(Namespace::ROOT, 1000);
    assert!(key(&app).check(&token, 1000).is_ok());
    assert_eq!(refusal(key(&other).check(&token, 1000)).1, "StorageTokenInvalid");
}
