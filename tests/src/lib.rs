//! What every end-to-end test needs: a server, an app pushed to it, and plain HTTP.
//!
//! The tests in `e2e/` drive the shipped executable from outside and know nothing of its crates.

mod app;
mod http;
mod server;

pub use app::push_test_app;
pub use http::{Answer, Http};
pub use server::{Exit, Server, StartOptions, binary};

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies below the root").to_path_buf()
}

/// Looks every few milliseconds until `look` finds something; panics after `limit`.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
