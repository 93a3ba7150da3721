//! An app's modules, compiled once.


use crate::error::JsError;

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
}

impl Bundle {
    /// Compiles `modules`; a syntax error becomes `JsError::Uncaught` with its location.
    pub fn compile(modules: Vec<ModuleSource>) -> Result<Bundle, JsError> {
        let _ = modules;
        Err(JsError::Internal("not wired yet".into()))
    }

    /// Names this bundle.
    pub fn id(&self) -> BundleId {
        self.id
    }
}
