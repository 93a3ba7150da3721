//! The platform's own JavaScript: web globals and the `Convex` object, compiled once per process.
//!
//! Each file is one function expression `(host, shared) => …`: `host` holds the host functions of `engine::ops`,
//! `shared` is how the files hand things to each other. Their frames never show up in stack traces.

use std::ffi::CStr;
use std::sync::OnceLock;

use crate::engine::Engine;
use crate::engine::modules::Loader;
use crate::error::JsError;

/// In order of evaluation: later files use what earlier ones share.
const FILES: &[(&CStr, &str)] = &[
    (c"platform:/errors.js", include_str!("platform/errors.js")),
    (c"platform:/lazy.js", include_str!("platform/lazy.js")),
    (c"platform:/time.js", include_str!("platform/time.js")),
    (c"platform:/performance.js", include_str!("platform/performance.js")),
    (c"platform:/convex.js", include_str!("platform/convex.js")),
    (c"platform:/inspect.js", include_str!("platform/inspect.js")),
    (c"platform:/console.js", include_str!("platform/console.js")),
    (c"platform:/iterators.js", include_str!("platform/iterators.js")),
    (c"platform:/encoding.js", include_str!("platform/encoding.js")),
    (c"platform:/url.js", include_str!("platform/url.js")),
    (c"platform:/events.js", include_str!("platform/events.js")),
    (c"platform:/data.js", include_str!("platform/data.js")),
    (c"platform:/intl.js", include_str!("platform/intl.js")),
    (c"platform:/web.js", include_str!("platform/web.js")),
    (c"platform:/standards.js", include_str!("platform/standards.js")),
    (c"platform:/actions.js", include_str!("platform/actions.js")),
    (c"platform:/http.js", include_str!("platform/http.js")),
];

/// Evaluated when first used, by the name `lazy.js` knows them by.
const PARTS: &[(&CStr, &str)] = &[
    (c"platform:/urlpattern.js", include_str!("platform/urlpattern.js")),
    (c"platform:/http/body.js", include_str!("platform/http/body.js")),
    (c"platform:/http/request.js", include_str!("platform/http/request.js")),
    (c"platform:/http/response.js", include_str!("platform/http/response.js")),
    (c"platform:/http/formdata.js", include_str!("platform/http/formdata.js")),
    (c"platform:/http/fetch.js", include_str!("platform/http/fetch.js")),
    (c"platform:/http/multipart.js", include_str!("platform/http/multipart.js")),
    (c"platform:/streams/common.js", include_str!("platform/streams/common.js")),
    (c"platform:/streams/readable.js", include_str!("platform/streams/readable.js")),
    (c"platform:/streams/bytes.js", include_str!("platform/streams/bytes.js")),
    (c"platform:/streams/tee.js", include_str!("platform/streams/tee.js")),
    (c"platform:/streams/writable.js", include_str!("platform/streams/writable.js")),
    (c"platform:/streams/transform.js", include_str!("platform/streams/transform.js")),
    (c"platform:/streams/pipe.js", include_str!("platform/streams/pipe.js")),
    (c"platform:/streams/encoding.js", include_str!("platform/streams/encoding.js")),
    (c"platform:/contexts.js", include_str!("platform/contexts.js")),
    (c"platform:/webassembly.js", include_str!("platform/webassembly.js")),
    (c"platform:/intl/common.js", include_str!("platform/intl/common.js")),
    (c"platform:/intl/intl.js", include_str!("platform/intl/intl.js")),
    (c"platform:/intl/number.js", include_str!("platform/intl/number.js")),
    (c"platform:/intl/digits.js", include_str!("platform/intl/digits.js")),
    (c"platform:/intl/datetime.js", include_str!("platform/intl/datetime.js")),
    (c"platform:/intl/plural.js", include_str!("platform/intl/plural.js")),
    (c"platform:/intl/relative.js", include_str!("platform/intl/relative.js")),
    (c"platform:/intl/collator.js", include_str!("platform/intl/collator.js")),
    (c"platform:/intl/segmenter.js", include_str!("platform/intl/segmenter.js")),
    (c"platform:/intl/list.js", include_str!("platform/intl/list.js")),
    (c"platform:/intl/names.js", include_str!("platform/intl/names.js")),
    (c"platform:/intl/locale.js", include_str!("platform/intl/locale.js")),
    (c"platform:/subtle.js", include_str!("platform/subtle.js")),
    (c"platform:/subtle/keys.js", include_str!("platform/subtle/keys.js")),
    (c"platform:/subtle/secrets.js", include_str!("platform/subtle/secrets.js")),
    (c"platform:/subtle/pairs.js", include_str!("platform/subtle/pairs.js")),
    (c"platform:/subtle/algorithms.js", include_str!("platform/subtle/algorithms.js")),
];

type Script = (&'static CStr, Vec<u8>);

/// Bytecode of every file.
pub(crate) fn scripts() -> Result<&'static [Script], JsError> {
    static SCRIPTS: OnceLock<Result<Vec<Script>, JsError>> = OnceLock::new();
    SCRIPTS.get_or_init(|| compile(FILES)).as_deref().map_err(Clone::clone)
}

/// Bytecode of the part `name`; `None` when there is none of that name.
pub(crate) fn part(name: &str) -> Result<Option<&'static [u8]>, JsError> {
    static PARTS_COMPILED: OnceLock<Result<Vec<Script>, JsError>> = OnceLock::new();
    let parts = PARTS_COMPILED.get_or_init(|| compile(PARTS)).as_deref().map_err(Clone::clone)?;
    let file = format!("platform:/{name}.js");
    let found = parts.iter().find(|(path, _)| path.to_bytes() == file.as_bytes());
    Ok(found.map(|(_, bytecode)| bytecode.as_slice()))
}

fn compile(files: &[(&'static CStr, &'static str)]) -> Result<Vec<Script>, JsError> {
    let mut engine = Engine::bare(Loader::Hollow)?;
    files
        .iter()
        .map(|(name, source)| {
            let bytecode = engine.compile_script(name, source).map_err(JsError::Internal)?;
            Ok((*name, bytecode))
        })
        .collect()
}
