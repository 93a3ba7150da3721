//! Pushes the test app once, and keeps the store it made as a template for every other server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::server::{Exit, Server, copy_directory};

/// A directory whose `data/` holds a store with the test app on it. Made on first use, once per process.
pub(crate) fn template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let mut server = Server::empty();
        push_test_app(&server);
        assert_eq!(server.stop(), Exit::Code(0), "{}", server.output());
        let directory = tempfile::tempdir().expect("make a directory for the template").keep();
        copy_directory(&server.data_directory(), &directory.join("data"));
        directory
    })
}

/// Pushes `tests/app` with the official CLI.
pub fn push_test_app(server: &Server) {
    let tests = crate::repository().join("tests");
    let modules = tests.join("node_modules");
    assert!(modules.exists(), "{} is missing: run `npm ci` in tests/", modules.display());

    let project = tempfile::tempdir().expect("make a scratch project");
    copy_directory(&tests.join("app"), project.path());
    std::os::unix::fs::symlink(&modules, project.path().join("node_modules")).expect("link the packages");
    let run = Command::new("node")
        .arg(modules.join("convex/bin/main.js"))
        .args(["dev", "--once", "--typecheck", "disable", "--tail-logs", "disable"])
        .current_dir(project.path())
        .env("CI", "1")
        .env("CONVEX_SELF_HOSTED_URL", server.url())
        .env("CONVEX_SELF_HOSTED_ADMIN_KEY", &server.key)
        .output()
        .expect("run node");
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "the push failed:\n{errors}\n{}", server.output());
}
