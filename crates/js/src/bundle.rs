//! An app's modules, compiled once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use sourcemap::SourceMap;

use crate::contexts::{self, Rewritten, Shifts};
use crate::engine::Engine;
use crate::engine::modules::Loader;
use crate::error::JsError;
use crate::known;

/// One module as pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleSource {
    /// Path below the functions folder, ending in `.js`.
    pub path: String,
    pub source: String,
    pub source_map: Option<String>,
}

/// Names a bundle within this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BundleId(u64);

/// Modules compiled to bytecode; shared by every executor.
pub struct Bundle {
    id: BundleId,
    modules: BTreeMap<String, Module>,
    digest: [u8; 32],
    import_unix_ms: f64,
}

struct Module {
    bytecode: Vec<u8>,
    source_map: Option<LazyMap>,
    /// How far columns moved when the source was rewritten.
    shifts: Shifts,
}

/// A source map that is parsed when the first stack trace needs it.
struct LazyMap {
    text: String,
    parsed: OnceLock<Option<SourceMap>>,
}

impl Bundle {
    /// Compiles `modules`; a syntax error becomes `JsError::Uncaught` with its location.
    pub fn compile(modules: Vec<ModuleSource>) -> Result<Bundle, JsError> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let mut engine = compiler()?;
        let mut compiled = BTreeMap::new();
        let mut digest = Sha256::new();
        let contexts = modules.iter().any(|module| contexts::are_used_in(&module.source));
        for ModuleSource { path, source, source_map } in modules {
            if engine.is_full() {
                engine = compiler()?;
            }
            digest.update(path.as_bytes());
            digest.update([0]);
            digest.update(source.as_bytes());
            let (bytecode, shifts) = compile(&mut engine, &path, &known::with_guards(&source), contexts)?;
            let source_map = source_map.map(|text| LazyMap { text, parsed: OnceLock::new() });
            compiled.insert(path, Module { bytecode, source_map, shifts });
        }
        Ok(Bundle {
            id: BundleId(NEXT_ID.fetch_add(1, Ordering::Relaxed)),
            modules: compiled,
            digest: digest.finalize().into(),
            import_unix_ms: 0.0,
        })
    }

    /// Sets the time modules see while they are imported, in milliseconds since the Unix epoch.
    pub fn with_import_time(mut self, unix_ms: f64) -> Bundle {
        self.import_unix_ms = unix_ms;
        self
    }

    /// Names this bundle.
    pub fn id(&self) -> BundleId {
        self.id
    }

    /// Paths of all modules, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.modules.keys().map(String::as_str)
    }

    /// Whether there is a module at `path`.
    pub fn contains(&self, path: &str) -> bool {
        self.modules.contains_key(path)
    }

    pub(crate) fn bytecode(&self, path: &str) -> Option<&[u8]> {
        self.modules.get(path).map(|module| module.bytecode.as_slice())
    }

    /// The source map of a module, if it has a readable one.
    pub(crate) fn source_map(&self, path: &str) -> Option<&SourceMap> {
        let map = self.modules.get(path)?.source_map.as_ref()?;
        map.parsed.get_or_init(|| SourceMap::from_slice(map.text.as_bytes()).ok()).as_ref()
    }

    /// The column of a place in a module as it was pushed; lines and columns count from zero.
    pub(crate) fn original_column(&self, path: &str, line: u32, column: u32) -> u32 {
        self.modules.get(path).map_or(column, |module| module.shifts.original_column(line, column))
    }

    pub(crate) fn import_unix_ms(&self) -> f64 {
        self.import_unix_ms
    }

    /// Seed of randomness at import: the same for the same code.
    pub(crate) fn import_seed(&self) -> [u8; 32] {
        self.digest
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("id", &self.id).field("modules", &self.modules.len()).finish()
    }
}

/// Bytecode of a module, rewritten for asynchronous contexts if they are used, and how far columns moved.
fn compile(engine: &mut Engine, path: &str, source: &str, contexts: bool) -> Result<(Vec<u8>, Shifts), JsError> {
    if let Some(Rewritten { source, shifts }) = contexts.then(|| contexts::rewrite(source)).flatten() {
        // Code that only QuickJS can read is left as it is.
        if let Ok(bytecode) = engine.compile_module(path, &source) {
            return Ok((bytecode, shifts));
        }
    }
    let bytecode =
        engine.compile_module(path, source).map_err(|error| JsError::uncaught(format!("Uncaught {error}")))?;
    Ok((bytecode, Shifts::default()))
}

fn compiler() -> Result<Engine, JsError> {
    Engine::bare(Loader::Hollow)
}
