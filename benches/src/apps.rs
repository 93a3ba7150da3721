//! The apps below `apps/`: their npm packages, and bundles made as the official CLI makes them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::process;

/// The folder of the apps.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("apps")
}

/// Installs the locked npm packages once.
pub fn install() -> Result<()> {
    let folder = folder();
    let (modules, lock) = (folder.join("node_modules/.package-lock.json"), folder.join("package-lock.json"));
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    if changed(&modules).is_some_and(|installed| Some(installed) >= changed(&lock)) {
        return Ok(());
    }
    eprintln!("installing npm packages in {}", folder.display());
    process::output(Command::new("npm").arg("ci").arg("--ignore-scripts").current_dir(&folder))
        .context("install npm packages (Node.js 20 or later is needed)")?;
    // `npm ci` keeps the time stamps of the cache; ours says when it was done.
    let touched = std::fs::File::options().append(true).open(&modules).context("find the installed packages")?;
    touched.set_modified(std::time::SystemTime::now()).context("mark the installed packages")
}

/// Bundles one entry file with the options the official CLI gives esbuild.
pub fn bundle(entry: &Path) -> Result<String> {
    process::output(
        Command::new(folder().join("node_modules/.bin/esbuild"))
            .arg(entry)
            .args(["--bundle", "--platform=browser", "--format=esm", "--target=esnext", "--jsx=automatic"])
            .args(["--conditions=convex,module", "--minify-syntax", "--minify-identifiers", "--keep-names"])
            .args(["--tree-shaking=true", "--log-level=warning"])
            .arg("--define:process.env.NODE_ENV=\"production\""),
    )
}

/// Pushes an app with the official CLI.
pub fn push(app: &str, url: &str, admin_key: &str) -> Result<()> {
    install()?;
    process::output(
        Command::new(folder().join("node_modules/.bin/convex"))
            .args(["deploy", "--typecheck", "disable", "--codegen", "disable"])
            .current_dir(folder().join(app))
            .env("CONVEX_SELF_HOSTED_URL", url)
            .env("CONVEX_SELF_HOSTED_ADMIN_KEY", admin_key)
            // The CLI reports errors of its own to a service unless told that this is not a person.
            .env("CI", "1"),
    )
    .with_context(|| format!("push apps/{app} with the official CLI"))?;
    Ok(())
}
