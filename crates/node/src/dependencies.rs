//! External packages: npm installs the exact versions of a push, once for each set.
//!
//! ```text
//! external/<hash>/node_modules     complete sets
//!                 package.json
//!          .new-<hash>             one being installed; renamed when complete
//! ```
//! A set stays on disk while anybody holds its [`ExternalPackages`], and beyond, until sets without a holder are
//! dropped.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Weak},
};

use platform::Platform;
use sha2::{Digest, Sha256};
use tokio::{process::Command, sync::Mutex};

use crate::{
    NodeError,
    binary::{self, Tools},
    limits,
    package::hash_text,
    pool::blocking,
};

/// One package and its exact version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    pub name: String,
    pub version: String,
}

/// What npm may see of the server's environment: how to reach the network, nothing secret of ours.
const INHERITED: [&str; 13] = [
    "PATH",
    "LANG",
    "TZ",
    "HOME",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
];

/// An installed set of packages.
#[derive(Debug)]
pub struct ExternalPackages {
    folder: PathBuf,
}

impl ExternalPackages {
    /// A folder with a `node_modules` that somebody else filled and keeps.
    pub fn in_folder(folder: PathBuf) -> Arc<ExternalPackages> {
        Arc::new(ExternalPackages { folder })
    }

    /// Names the set: the same packages in the same versions, for the same Node.js, have the same name.
    pub fn id(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Installs sets of packages, one at a time.
pub(crate) struct Installer {
    folder: PathBuf,
    /// The sets somebody may hold, by name. Locked while one is being installed.
    known: Mutex<HashMap<String, Weak<ExternalPackages>>>,
}

impl Installer {
    pub(crate) fn new(folder: PathBuf) -> io::Result<Installer> {
        fs::create_dir_all(&folder)?;
        Ok(Installer { folder: fs::canonicalize(folder)?, known: Mutex::default() })
    }

    /// Returns this set, installing it if it is not there yet.
    pub(crate) async fn install(
        &self,
        tools: &Tools,
        dependencies: &[Dependency],
    ) -> Result<Arc<ExternalPackages>, NodeError> {
        let set = checked(dependencies)?;
        let hash = set_hash(&set, tools);
        let mut known = self.known.lock().await;
        if let Some(held) = known.get(&hash).and_then(Weak::upgrade) {
            return Ok(held);
        }
        let folder = self.folder.join(&hash);
        if !folder.is_dir() {
            self.install_new(tools, &hash, &set).await?;
        }
        let installed = Arc::new(ExternalPackages { folder });
        known.insert(hash, Arc::downgrade(&installed));
        Ok(installed)
    }

    /// Removes the sets nobody holds.
    pub(crate) async fn drop_unused(&self) -> Result<(), NodeError> {
        let mut known = self.known.lock().await;
        known.retain(|_, set| set.strong_count() > 0);
        let held: Vec<String> = known.keys().cloned().collect();
        let folder = self.folder.clone();
        blocking(move || {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if !held.iter().any(|hash| entry.file_name() == hash.as_str()) {
                    fs::remove_dir_all(entry.path())?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn install_new(&self, tools: &Tools, hash: &str, set: &BTreeMap<&str, &str>) -> Result<(), NodeError> {
        let complete = self.folder.join(hash);
        let new = self.folder.join(format!(".new-{hash}"));
        prepare(&new, set)?;
        let installed = self.fill(tools, &new).await;
        blocking(move || match installed {
            Ok(()) => Ok(fs::rename(&new, &complete)?),
            Err(error) => {
                fs::remove_dir_all(&new)?;
                Err(error)
            }
        })
        .await
    }

    async fn fill(&self, tools: &Tools, new: &Path) -> Result<(), NodeError> {
        run_npm(tools, new).await?;
        let folder = new.join("node_modules");
        let bytes = blocking(move || Ok(folder_bytes(&folder)?)).await?;
        if bytes > limits::DEPENDENCIES_BYTES_MAX {
            return Err(NodeError::InvalidExternalModules(format!(
                "The external packages are too large: {bytes} bytes, at most {} are allowed.",
                limits::DEPENDENCIES_BYTES_MAX
            )));
        }
        Ok(())
    }
}

/// The set by name. Versions must be plain: a URL or a path would not name the same thing tomorrow.
fn checked(dependencies: &[Dependency]) -> Result<BTreeMap<&str, &str>, NodeError> {
    let refuse = |dependency: &Dependency| {
        let Dependency { name, version } = dependency;
        NodeError::InvalidExternalModules(format!("`{name}@{version}` is not a package with an exact version."))
    };
    dependencies
        .iter()
        .map(|dependency| match is_name(&dependency.name) && is_version(&dependency.version) {
            true => Ok((dependency.name.as_str(), dependency.version.as_str())),
            false => Err(refuse(dependency)),
        })
        .collect()
}

fn is_name(name: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    match name.strip_prefix('@').map(|scoped| scoped.split_once('/')) {
        None => plain(name),
        Some(Some((scope, name))) => plain(scope) && plain(name),
        Some(None) => false,
    }
}

fn is_version(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit())
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte))
}

fn set_hash(set: &BTreeMap<&str, &str>, tools: &Tools) -> String {
    let mut hash = Sha256::new();
    // Native modules are built for one version.
    hash_text(&mut hash, &tools.version);
    for (name, version) in set {
        hash_text(&mut hash, name);
        hash_text(&mut hash, version);
    }
    hex::encode(&hash.finalize()[..16])
}

fn prepare(folder: &Path, set: &BTreeMap<&str, &str>) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(folder)?,
    }
    let manifest = serde_json::json!({ "name": "external-packages", "private": true, "dependencies": set });
    fs::write(folder.join("package.json"), manifest.to_string())?;
    // An empty set installs nothing, yet it is a set.
    fs::create_dir_all(folder.join("node_modules"))
}

async fn run_npm(tools: &Tools, folder: &Path) -> Result<(), NodeError> {
    let inherited = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        INHERITED.contains(&&*name) || name.to_ascii_lowercase().starts_with("npm_config_")
    });
    let npm = Command::new(&tools.npm)
        .args(["install", "--no-audit", "--no-fund", "--no-package-lock", "--omit=dev", "--loglevel=error"])
        .current_dir(folder)
        .env_clear()
        .envs(inherited)
        // npm itself and what packages build at their installation run in the Node.js that the packages are for.
        .env("PATH", search_path(&tools.node))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let failed =
        |why: String| NodeError::InvalidExternalModules(format!("Failed to install the external packages: {why}"));
    let clock = Platform::real();
    let output = tokio::select! {
        output = npm => output.map_err(|error| failed(format!("npm could not be run: {error}")))?,
        () = clock.sleep(limits::INSTALL_TIME_MAX) => return Err(failed("npm took too long".to_owned())),
    };
    match output.status.success() {
        true => Ok(()),
        false => Err(failed(format!("npm install: {}\n{}", output.status, tail(&output.stdout, &output.stderr)))),
    }
}

/// `PATH` with the folder of `node` in front.
fn search_path(node: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = binary::home(node).into_iter().chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap_or(path.clone())
}

/// The end of what npm said.
fn tail(stdout: &[u8], stderr: &[u8]) -> String {
    let text = [stdout, stderr].concat();
    let start = text.len().saturating_sub(limits::NPM_TAIL_BYTES);
    String::from_utf8_lossy(&text[start..]).trim().to_owned()
}

fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => bytes += entry.metadata()?.len(),
                _ => {}
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
