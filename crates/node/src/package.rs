//! The files of one push on disk, and the environment its code reads.
//!
//! ```text
//! packages/<hash>-<n>/package.json       makes every `.js` an ES module
//!                     user/<path>        the modules, exactly as pushed
//!                     node_modules       link to the installed external packages
//! ```
//! A package is content-addressed: materializing the same modules again gives the same one while anybody holds it.
//! Its folder goes away with its last holder. Source maps stay out of the way in files and are read for errors only.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock, Weak},
};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use sourcemap::SourceMap;

use crate::{ExternalPackages, NodeError};

/// One pushed module.
#[derive(Clone, Debug)]
pub struct ModuleSource {
    /// `dir/file.js`, relative to the functions folder.
    pub path: String,
    pub source: String,
    pub source_map: Option<String>,
}

/// The modules of the Node.js environment of one push, on disk.
#[derive(Debug)]
pub struct Package {
    hash: String,
    folder: PathBuf,
    /// `file:///…/user/`, what V8 puts before each path.
    user_url: String,
    modules: BTreeMap<String, Maps>,
    /// The version of Node.js that it wants.
    node_major: Option<u32>,
    /// Held so that they stay on disk.
    _external: Option<Arc<ExternalPackages>>,
}

/// The source map of a module, parsed when first needed.
#[derive(Debug)]
struct Maps {
    exists: bool,
    parsed: OnceLock<Option<SourceMap>>,
}

/// What `process.env` holds, `CONVEX_CLOUD_URL` and `CONVEX_SITE_URL` included.
#[derive(Debug, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    hash: [u8; 32],
}

impl Environment {
    /// Takes the complete set: built-in variables and the user's.
    pub fn new(variables: BTreeMap<String, String>) -> Environment {
        let mut hash = Sha256::new();
        for (name, value) in &variables {
            hash_text(&mut hash, name);
            hash_text(&mut hash, value);
        }
        Environment { hash: hash.finalize().into(), variables }
    }

    pub(crate) fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        self.hash
    }
}

impl Package {
    /// Names the content: modules, maps, external packages, and the wanted version of Node.js.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Returns whether there is a module at `path`.
    pub fn contains(&self, path: &str) -> bool {
        self.modules.contains_key(path)
    }

    /// The modules functions can be called in: all but shared chunks.
    pub(crate) fn entry_modules(&self) -> impl Iterator<Item = &str> {
        self.modules.keys().map(String::as_str).filter(|path| !path.starts_with("_deps/"))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn node_major(&self) -> Option<u32> {
        self.node_major
    }

    /// The folder as a URL with a final slash.
    pub(crate) fn root_url(&self) -> String {
        file_url(&self.folder)
    }

    pub(crate) fn user_url(&self) -> &str {
        &self.user_url
    }

    /// Replaces this machine's paths in a text meant for the developer.
    pub(crate) fn hide_paths(&self, text: &str) -> String {
        let folder = self.folder.to_string_lossy();
        if !text.contains(&*folder) {
            return text.to_owned();
        }
        text.replace(&self.user_url, "convex:/user/")
            .replace(&format!("{folder}/user/"), "convex:/user/")
            .replace(&format!("{folder}/"), "convex:/")
    }

    /// The source map of the module at `path`, if it has a readable one.
    pub(crate) fn source_map(&self, path: &str) -> Option<&SourceMap> {
        let maps = self.modules.get(path).filter(|maps| maps.exists)?;
        maps.parsed
            .get_or_init(|| {
                let text = fs::read(map_file(&self.folder, path)).ok()?;
                SourceMap::from_slice(&text).ok()
            })
            .as_ref()
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "could not remove a replaced package");
        }
    }
}

/// Finds packages by content.
pub(crate) struct Packages {
    folder: PathBuf,
    known: Mutex<HashMap<String, Weak<Package>>>,
    made: std::sync::atomic::AtomicU64,
}

impl Packages {
    /// Opens `folder`, dropping what an earlier run of the server left there.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Packages> {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&folder)?,
        }
        // V8 reports files by their real path.
        let folder = fs::canonicalize(folder)?;
        Ok(Packages { folder, known: Mutex::default(), made: 0.into() })
    }

    /// Finds or writes the package of `modules`. Blocks on the disk.
    pub(crate) fn materialize(
        &self,
        modules: &[ModuleSource],
        external: Option<Arc<ExternalPackages>>,
        node_major: Option<u32>,
    ) -> Result<Arc<Package>, NodeError> {
        if let Some(bad) = modules.iter().find(|module| !is_module_path(&module.path)) {
            return Err(NodeError::InvalidModulePath(bad.path.clone()));
        }
        let deps = external.as_ref().map(|external| external.folder().to_owned());
        let hash = content_hash(modules, deps.as_deref(), node_major);
        if let Some(package) = self.known.lock().get(&hash).and_then(Weak::upgrade) {
            return Ok(package);
        }
        let made = self.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = self.folder.join(format!("{}-{made}", &hash[..16]));
        let package = Arc::new(Package {
            user_url: format!("{}user/", file_url(&folder)),
            modules: modules.iter().map(|module| (module.path.clone(), Maps::of(module))).collect(),
            hash: hash.clone(),
            folder,
            node_major,
            _external: external,
        });
        // Held from here on, so a failed write removes what it wrote.
        write_package(package.folder(), modules, deps.as_deref())?;
        let mut known = self.known.lock();
        known.retain(|_, package| package.strong_count() > 0);
        match known.get(&hash).and_then(Weak::upgrade) {
            Some(earlier) => Ok(earlier),
            None => {
                known.insert(hash, Arc::downgrade(&package));
                Ok(package)
            }
        }
    }
}

impl Maps {
    fn of(module: &ModuleSource) -> Maps {
        Maps { exists: module.source_map.is_some(), parsed: OnceLock::new() }
    }
}

fn write_package(folder: &Path, modules: &[ModuleSource], deps: Option<&Path>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("package.json"), "{\"type\":\"module\"}\n")?;
    let mut made = BTreeSet::new();
    for module in modules {
        write_file(&folder.join("user").join(&module.path), &module.source, &mut made)?;
        if let Some(map) = &module.source_map {
            write_file(&map_file(folder, &module.path), map, &mut made)?;
        }
    }
    match deps {
        Some(deps) => {
            std::os::unix::fs::symlink(fs::canonicalize(deps)?.join("node_modules"), folder.join("node_modules"))
        }
        None => Ok(()),
    }
}

fn write_file(path: &Path, text: &str, made: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if let Some(parent) = path.parent()
        && made.insert(parent.to_owned())
    {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}

fn map_file(folder: &Path, path: &str) -> PathBuf {
    folder.join("maps").join(format!("{path}.map"))
}

fn content_hash(modules: &[ModuleSource], deps: Option<&Path>, node_major: Option<u32>) -> String {
    let sorted: BTreeMap<&str, &ModuleSource> = modules.iter().map(|module| (module.path.as_str(), module)).collect();
    let mut hash = Sha256::new();
    hash_text(&mut hash, &node_major.unwrap_or_default().to_string());
    hash_text(&mut hash, &deps.map(|deps| deps.to_string_lossy()).unwrap_or_default());
    for (path, module) in sorted {
        hash_text(&mut hash, path);
        hash_text(&mut hash, &module.source);
        hash_text(&mut hash, module.source_map.as_deref().unwrap_or_default());
    }
    hex::encode(hash.finalize())
}

/// Lengths go first, so that no two sequences of texts look alike.
pub(crate) fn hash_text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

/// Relative, made of plain names: it stays below the package's folder and needs no escaping in a URL.
fn is_module_path(path: &str) -> bool {
    path.split('/').all(|part| {
        part.bytes().any(|byte| byte.is_ascii_alphanumeric())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    })
}

/// A `file:` URL of a folder, with a final slash.
fn file_url(folder: &Path) -> String {
    let mut url = String::from("file://");
    for byte in folder.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => url.push(byte as char),
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push('/');
    url
}

#[cfg(test)]
mod tests;
