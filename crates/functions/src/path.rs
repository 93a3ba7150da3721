//! Function addresses: `module/path.js:export` inside a component.

use std::fmt;

/// The kinds of function an app can export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    Query,
    Mutation,
    Action,
    HttpAction,
}

impl FunctionKind {
    /// The kind as error texts and logs name it.
    pub fn name(self) -> &'static str {
        match self {
            FunctionKind::Query => "Query",
            FunctionKind::Mutation => "Mutation",
            FunctionKind::Action => "Action",
            FunctionKind::HttpAction => "HttpAction",
        }
    }
}

/// Who may call a function: everybody, or only other functions and admins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    Public,
    Internal,
}

/// The canonical address of one function.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionPath {
    /// Child component names joined by `/`; empty for the app itself.
    pub component: String,
    /// Module path with its extension, such as `messages.js` or `lib/util.js`.
    pub module: String,
    /// Export name, `default` when none was given.
    pub export: String,
}

/// Why a text is not a function address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PathError {
    #[error("{0:?} is not a function path: {1}")]
    Malformed(String, &'static str),
    #[error("Path component {0} can only contain alphanumeric characters, underscores, or periods.")]
    Component(String),
}

impl FunctionPath {
    /// Parses `module/path[.js]:export` in the root component; the split is at the last `:`.
    ///
    /// Errors: a `PathError` naming the offending part.
    pub fn parse(text: &str) -> Result<FunctionPath, PathError> {
        Self::parse_in(text, "")
    }

    /// Parses an address inside `component`.
    pub fn parse_in(text: &str, component: &str) -> Result<FunctionPath, PathError> {
        let (module, export) = match text.rsplit_once(':') {
            Some((module, export)) => (module, export),
            None => (text, "default"),
        };
        if !value::is_identifier(export) {
            return Err(PathError::Malformed(text.to_owned(), "the export name is not an identifier"));
        }
        Ok(FunctionPath {
            component: component.to_owned(),
            module: canonical_module(module)?,
            export: export.to_owned(),
        })
    }

    /// The form users see: no `.js`, and no export when it is the default one.
    pub fn display_name(&self) -> String {
        let module = self.module.strip_suffix(".js").unwrap_or(&self.module);
        if self.export == "default" { module.to_owned() } else { format!("{module}:{}", self.export) }
    }

    /// True for the server's own functions.
    pub fn is_system(&self) -> bool {
        self.module.starts_with("_system/")
    }
}

impl fmt::Display for FunctionPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.module, self.export)
    }
}

/// Checks a module path and gives it its `.js` extension.
pub fn canonical_module(module: &str) -> Result<String, PathError> {
    let malformed = |why| Err(PathError::Malformed(module.to_owned(), why));
    let stem = module.strip_suffix(".js").unwrap_or(module);
    if stem.is_empty() {
        return malformed("the module path is empty");
    }
    if module.starts_with('/') {
        return malformed("the module path must be relative");
    }
    for component in stem.split('/') {
        let fine = (1..=64).contains(&component.len())
            && component.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
            && component.bytes().any(|b| b.is_ascii_alphanumeric());
        if !fine {
            return Err(PathError::Component(component.to_owned()));
        }
    }
    let name = stem.rsplit('/').next().unwrap_or(stem);
    if let Some((_, extension)) = name.rsplit_once('.')
        && matches!(extension, "ts" | "tsx" | "jsx" | "mjs" | "cjs" | "json")
    {
        return malformed("only the .js extension is allowed");
    }
    Ok(format!("{stem}.js"))
}

#[cfg(test)]
mod tests;
