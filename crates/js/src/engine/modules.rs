//! How modules find each other: specifiers, the loader, and compiling to bytecode.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;

use rquickjs_sys as qjs;

use super::context::{Context, Value};
use super::throw_text;
use crate::active::Mode;

/// Scheme of the names of an app's modules, as stack traces show them before mapping.
pub(crate) const SCHEME: &str = "convex:/";

/// The name a module has inside QuickJS.
pub(crate) fn module_name(path: &str) -> CString {
    CString::new(format!("{SCHEME}{path}")).unwrap_or_else(|_| c"convex:/?".to_owned())
}

/// Resolves `specifier` as imported by `base`; both and the result are module names or relative specifiers.
pub(crate) fn resolve(base: &str, specifier: &str) -> String {
    if !specifier.starts_with("./") && !specifier.starts_with("../") {
        return specifier.to_owned();
    }
    let path = base.strip_prefix(SCHEME).unwrap_or(base);
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("{SCHEME}{}", parts.join("/"))
}

/// Which loader a runtime uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loader {
    /// Imports are looked up in the running call's bundle.
    Bundle,
    /// Imports are left open: for compiling one module at a time.
    Hollow,
}

/// Installs a loader.
pub(crate) fn install(runtime: *mut qjs::JSRuntime, loader: Loader) {
    let load: qjs::JSModuleLoaderFunc = match loader {
        Loader::Bundle => Some(load_from_bundle),
        Loader::Hollow => Some(load_hollow),
    };
    // SAFETY: the runtime is alive; the functions are `extern "C"` and never unwind.
    unsafe { qjs::JS_SetModuleLoaderFunc(runtime, Some(normalize), load, ptr::null_mut()) };
}

unsafe extern "C" fn normalize(
    ctx: *mut qjs::JSContext,
    base: *const c_char,
    name: *const c_char,
    _opaque: *mut c_void,
) -> *mut c_char {
    let context = Context::new(ctx);
    let active = context.active();
    // SAFETY: QuickJS passes terminated strings; `active` is null or the running call, not borrowed elsewhere.
    let (base, name, dynamic) = unsafe {
        let dynamic = !active.is_null() && !(*active).linking && (*active).mode != Mode::Action;
        (CStr::from_ptr(base).to_string_lossy(), CStr::from_ptr(name).to_string_lossy(), dynamic)
    };
    if dynamic {
        throw_text(context, "TypeError", &format!("dynamic module import unsupported: {name}"));
        return ptr::null_mut();
    }
    let resolved = resolve(&base, &name);
    // SAFETY: QuickJS copies the text into its own memory and frees it itself.
    unsafe { qjs::js_strndup(ctx, resolved.as_ptr().cast(), resolved.len() as _) }
}

unsafe extern "C" fn load_from_bundle(
    ctx: *mut qjs::JSContext,
    name: *const c_char,
    _opaque: *mut c_void,
) -> *mut qjs::JSModuleDef {
    let context = Context::new(ctx);
    // SAFETY: QuickJS passes a terminated string, and modules are only linked while a call is active.
    let (name, active) = unsafe { (CStr::from_ptr(name).to_string_lossy(), &mut *context.active()) };
    let path = name.strip_prefix(SCHEME).unwrap_or(&name);
    if let Some(text) = active.refuse_import(path) {
        active.import_failure = Some(text.clone());
        throw_text(context, "TypeError", &text);
        return ptr::null_mut();
    }
    let bundle = active.bundle.clone();
    let Some(bytecode) = bundle.bytecode(path) else {
        let text = missing_module(path);
        active.import_failure = Some(text.clone());
        throw_text(context, "TypeError", &text);
        return ptr::null_mut();
    };
    read_module(context, bytecode).map_or(ptr::null_mut(), |module| context.module_definition(module))
}

/// Reads a module and takes `import.meta` away from it; `None` with the exception pending.
pub(crate) fn read_module(context: Context, bytecode: &[u8]) -> Option<Value> {
    let module = context.read_bytecode(bytecode);
    if context.is_exception(module) {
        return None;
    }
    // SAFETY: `active` is null or the running call, which nobody else borrows now.
    if let Some(guard) = unsafe { context.active().as_ref() }.and_then(|active| active.import_meta_guard) {
        let meta = context.import_meta(context.module_definition(module));
        context.set_prototype(meta, guard);
        context.free(meta);
    }
    Some(module)
}

/// Text of a failed import.
pub(crate) fn missing_module(path: &str) -> String {
    format!("Couldn't find JavaScript module '{path}'. Did you forget to run `npx convex dev`?")
}

unsafe extern "C" fn load_hollow(
    ctx: *mut qjs::JSContext,
    name: *const c_char,
    _opaque: *mut c_void,
) -> *mut qjs::JSModuleDef {
    unsafe extern "C" fn nothing(_: *mut qjs::JSContext, _: *mut qjs::JSModuleDef) -> i32 {
        0
    }
    // SAFETY: QuickJS passes a terminated string; the module is never linked or run.
    unsafe { qjs::JS_NewCModule(ctx, name, Some(nothing)) }
}
