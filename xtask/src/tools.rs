//! What the checks need besides Rust: Node.js, npm packages, a browser, Python. Installs what it may.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{program, run_quietly, succeeds};
use crate::places;

const NODE_MAJOR_MIN: u32 = 20;
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Fails unless a recent enough Node.js is there.
pub fn node() -> Result<()> {
    let version = run_quietly(program("node").arg("--version"))
        .context("Node.js is missing: install version 20 or later, e.g. from https://nodejs.org")?;
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|text| text.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR_MIN) {
        bail!("Node.js {} is too old: version {NODE_MAJOR_MIN} or later is needed", version.trim());
    }
    Ok(())
}

/// Installs the packages of `folder` exactly as its lock file says, unless they are there already.
pub fn npm_packages(folder: &str) -> Result<()> {
    node()?;
    let directory = places::root().join(folder);
    let lock = directory.join("package-lock.json");
    let installed = directory.join("node_modules/.package-lock.json");
    if is_newer(&installed, &lock) {
        return Ok(());
    }
    println!("installing the packages of {folder}");
    run_quietly(program("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&directory))?;
    Ok(())
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    match (modified(file), modified(than)) {
        (Ok(file), Ok(than)) => file >= than,
        _ => false,
    }
}

/// The path of a Chromium, installed through apt if that is possible here.
pub fn browser() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Ok(path.into());
    }
    if let Some(path) = find_browser() {
        return Ok(path);
    }
    apt_install("chromium")?;
    find_browser().context("no Chromium was found: install one, or name it in CHROMIUM")
}

fn find_browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).flat_map(|dir| BROWSERS.map(|name| dir.join(name))).find(|file| file.is_file())
}

fn apt_install(package: &str) -> Result<()> {
    if !succeeds("apt-get", &["--version"]) {
        bail!("{package} is missing and there is no apt here to install it with");
    }
    println!("installing {package} with apt");
    let mut apt = if succeeds("sudo", &["-n", "true"]) { program("sudo") } else { program("env") };
    let words = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends", package];
    run_quietly(apt.args(words))
        .with_context(|| format!("{package} is missing: install it by hand (`apt-get install {package}`)"))?;
    Ok(())
}

/// A Python with the packages of `requirements`, in a virtual environment of its own.
pub fn python(requirements: &Path) -> Result<PathBuf> {
    let environment = places::target().join("test-python");
    let python = environment.join("bin/python");
    let stamp = environment.join("installed");
    if is_newer(&stamp, requirements) {
        return Ok(python);
    }
    if !succeeds("python3", &["--version"]) {
        apt_install("python3")?;
    }
    println!("making a Python environment");
    if run_quietly(program("python3").args(["-m", "venv"]).arg(&environment)).is_err() {
        apt_install("python3-venv")?;
        run_quietly(program("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    }
    run_quietly(program(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements))?;
    std::fs::write(&stamp, "").context("mark the Python environment as complete")?;
    Ok(python)
}
