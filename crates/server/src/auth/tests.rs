//! Credentials, admin keys and user tokens. The key pairs beside this file were made for these tests.

mod admin_keys;
mod providers;
mod tokens;
