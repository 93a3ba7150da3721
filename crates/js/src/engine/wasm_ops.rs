//! The host functions behind `WebAssembly`: values and errors on their way between JavaScript and `wasm::Wasm`.

use std::ffi::CStr;

use rquickjs_sys as qjs;
use wasmi::CompilationMode;

use super::context::{Context, EXCEPTION, Function, UNDEFINED, Value};
use super::ops::{Invocation, host_function};
use super::throw_text;
use crate::active::Stop;
use crate::wasm::{Failure, Hooks, Import, Kind, Slot, SlotType, Wasm};

/// Every host function of this file.
pub(super) const FUNCTIONS: [(&CStr, Function, i32); 20] = [
    (c"wasmErrors", errors, 3),
    (c"wasmValidate", validate, 1),
    (c"wasmCompile", compile, 1),
    (c"wasmImports", imports, 1),
    (c"wasmExports", exports, 1),
    (c"wasmSections", sections, 2),
    (c"wasmInstantiate", instantiate, 2),
    (c"wasmMemory", memory, 2),
    (c"wasmMemoryGrow", memory_grow, 2),
    (c"wasmMemoryBuffer", memory_buffer, 1),
    (c"wasmTable", table, 4),
    (c"wasmTableLength", table_length, 1),
    (c"wasmTableGet", table_get, 2),
    (c"wasmTableSet", table_set, 3),
    (c"wasmTableGrow", table_grow, 3),
    (c"wasmGlobal", global, 3),
    (c"wasmGlobalType", global_type, 1),
    (c"wasmGlobalGet", global_get, 1),
    (c"wasmGlobalSet", global_set, 2),
    (c"wasmIsFunction", is_function, 1),
];

const HOOKS: Hooks = Hooks { call_import, interrupted };

/// The world of the heap of `context`.
fn world(context: Context) -> Wasm {
    // SAFETY: the running call outlives its host functions, and is not borrowed elsewhere now.
    let active = unsafe { context.active().as_ref() };
    // An image is used many times; what an action compiles, it compiles once and mostly does not call.
    let sealed_later = active.is_none_or(|active| !active.is_action());
    let mode = if sealed_later { CompilationMode::Eager } else { CompilationMode::LazyTranslation };
    Wasm::of(context.raw().cast(), mode, HOOKS)
}

/// Whether the running call must end; called between slices of fuel.
fn interrupted(wasm: Wasm) -> bool {
    let context = Context::new(wasm.context() as *mut qjs::JSContext);
    super::runtime::must_stop(context)
}

/// Throws what a failure means.
fn throw(context: Context, wasm: Wasm, failure: Failure) -> Value {
    detach_stale(context, wasm);
    match failure {
        Failure::Compile(text) => throw_wasm(context, wasm, 0, &text),
        Failure::Link(text) => throw_wasm(context, wasm, 1, &text),
        Failure::Trap(text) => throw_wasm(context, wasm, 2, &text),
        Failure::Type(text) => throw_text(context, "TypeError", &text),
        Failure::Range(text) => throw_text(context, "RangeError", &text),
        Failure::Thrown => EXCEPTION,
        Failure::Broken => end(context, Stop::Fatal("Uncaught Error: WebAssembly failed unexpectedly".to_owned())),
        Failure::Stopped => {
            super::runtime::must_stop(context);
            end(context, Stop::Timeout)
        }
    }
}

/// Ends the call, unless it is ending already.
fn end(context: Context, stop: Stop) -> Value {
    // SAFETY: as in `world`.
    if let Some(active) = unsafe { context.active().as_mut() } {
        active.stop.get_or_insert(stop);
    }
    context.throw_uncatchable()
}

fn throw_wasm(context: Context, wasm: Wasm, constructor: usize, message: &str) -> Value {
    let Some(constructor) = wasm.error_constructor(constructor) else {
        return throw_text(context, "Error", message);
    };
    let message = context.string(message);
    let error = context.construct(constructor, &[message]);
    context.free(message);
    if context.is_exception(error) { EXCEPTION } else { context.throw(error) }
}

/// Detaches the buffers of memories that have grown.
fn detach_stale(context: Context, wasm: Wasm) {
    while let Some(buffer) = wasm.take_stale_buffer() {
        context.detach(buffer);
        context.free(buffer);
    }
}

/// `None`: an exception is pending.
fn to_slot(context: Context, wasm: Wasm, value: Value, ty: SlotType) -> Option<Slot> {
    match ty {
        SlotType::I32 => context.to_i32(value).map(Slot::I32),
        SlotType::I64 => context.to_bigint64(value).map(Slot::I64),
        SlotType::F32 => context.try_number(value).map(|number| Slot::F32(number as f32)),
        SlotType::F64 => context.try_number(value).map(Slot::F64),
        SlotType::Extern if context.is_null(value) => Some(Slot::Extern(None)),
        SlotType::Extern => {
            let index = wasm.extern_index(context.identity(value), || context.dup(value));
            Some(Slot::Extern(Some(index)))
        }
        SlotType::Func if context.is_null(value) => Some(Slot::Func(None)),
        SlotType::Func => {
            let found = context.is_object(value).then(|| wasm.function_at(context.address(value))).flatten();
            if found.is_none() {
                throw_text(context, "TypeError", "WebAssembly: expected null or a function exported by WebAssembly");
            }
            found.map(|function| Slot::Func(Some(function)))
        }
        SlotType::Vector => {
            throw_text(context, "TypeError", "WebAssembly: vectors cannot be passed to or from JavaScript");
            None
        }
    }
}

fn to_value(context: Context, wasm: Wasm, slot: Slot) -> Value {
    match slot {
        Slot::I32(value) => context.int(value),
        Slot::I64(value) => context.bigint(value),
        Slot::F32(value) => context.number(f64::from(value)),
        Slot::F64(value) => context.number(value),
        Slot::Func(None) | Slot::Extern(None) => context.null(),
        Slot::Func(Some(function)) => context.dup(face(context, wasm, function)),
        Slot::Extern(Some(index)) => context.dup(wasm.extern_value(index)),
        Slot::Vector => throw_text(context, "TypeError", "WebAssembly: vectors cannot be passed to or from JavaScript"),
    }
}

/// The JavaScript function of an exported function; borrowed.
fn face(context: Context, wasm: Wasm, function: u32) -> Value {
    if let Some(face) = wasm.face(function) {
        return face;
    }
    let arity = wasm.signature(function).0.len() as i32;
    let name = std::ffi::CString::new(function.to_string()).unwrap_or_default();
    let made = context.function_with(&name, call_export, arity, context.int(function as i32));
    if !context.is_exception(made) {
        wasm.set_face(function, context.address(made), made);
    }
    made
}

/// A call of an exported function.
unsafe extern "C" fn call_export(
    ctx: *mut qjs::JSContext,
    _this: Value,
    argc: i32,
    argv: *mut Value,
    _magic: i32,
    data: *mut Value,
) -> Value {
    // SAFETY: called by QuickJS only, with the data the function was made with.
    let (call, function) = unsafe { (Invocation::new(ctx, argc, argv), *data) };
    let context = call.context;
    let wasm = world(context);
    let function = context.to_i32(function).unwrap_or_default() as u32;
    let (params, results) = wasm.signature(function);
    if params.contains(&SlotType::Vector) || results.contains(&SlotType::Vector) {
        return throw_text(context, "TypeError", "WebAssembly: vectors cannot be passed to or from JavaScript");
    }
    let mut slots = Vec::with_capacity(params.len());
    for (index, ty) in params.iter().enumerate() {
        let Some(slot) = to_slot(context, wasm, call.argument(index), *ty) else { return EXCEPTION };
        slots.push(slot);
    }
    match wasm.call(function, &slots) {
        Ok(values) => {
            detach_stale(context, wasm);
            results_value(context, wasm, &values)
        }
        Err(failure) => throw(context, wasm, failure),
    }
}

fn results_value(context: Context, wasm: Wasm, values: &[Slot]) -> Value {
    match values {
        [] => UNDEFINED,
        [value] => to_value(context, wasm, *value),
        values => {
            let array = context.array();
            for (index, value) in (0..).zip(values) {
                context.set_index(array, index, to_value(context, wasm, *value));
            }
            array
        }
    }
}

/// A call of an imported function; `Err` leaves an exception pending.
fn call_import(wasm: Wasm, script: u32, arguments: &[Slot], results: &[SlotType]) -> Result<Vec<Slot>, ()> {
    let context = Context::new(wasm.context() as *mut qjs::JSContext);
    detach_stale(context, wasm);
    let arguments: Vec<Value> = arguments.iter().map(|slot| to_value(context, wasm, *slot)).collect();
    let returned = if arguments.iter().any(|argument| context.is_exception(*argument)) {
        EXCEPTION
    } else {
        context.call(wasm.script_value(script), UNDEFINED, &arguments)
    };
    arguments.iter().for_each(|argument| context.free(*argument));
    if context.is_exception(returned) {
        return Err(());
    }
    let slots = returned_slots(context, wasm, returned, results);
    context.free(returned);
    slots.ok_or(())
}

fn returned_slots(context: Context, wasm: Wasm, returned: Value, results: &[SlotType]) -> Option<Vec<Slot>> {
    match results {
        [] => Some(Vec::new()),
        [ty] => Some(vec![to_slot(context, wasm, returned, *ty)?]),
        types => {
            let list = context.iterable_to_array(returned)?;
            if context.length(list) as usize != types.len() {
                throw_text(
                    context,
                    "TypeError",
                    "WebAssembly: the imported function returned too few or too many values",
                );
                return None;
            }
            let mut slots = Vec::with_capacity(types.len());
            for (index, ty) in (0..).zip(types) {
                slots.push(to_slot(context, wasm, context.get_index(list, index), *ty)?);
            }
            Some(slots)
        }
    }
}

/// Bytes of an argument, copied: compiling them outlives what JavaScript may do to them.
fn bytes(call: &Invocation<'_>, index: usize) -> Option<Vec<u8>> {
    let (start, length) = call.context.byte_view(call.argument(index))?;
    if length == 0 {
        return Some(Vec::new());
    }
    // SAFETY: the view is valid until JavaScript runs again, and it is copied at once.
    Some(unsafe { std::slice::from_raw_parts(start, length) }.to_vec())
}

fn handle(call: &Invocation<'_>, index: usize) -> u32 {
    call.context.to_number(call.argument(index)) as u32
}

/// A limit: none when it is not a number.
fn limit(call: &Invocation<'_>, index: usize) -> Option<u32> {
    let number = call.context.to_number(call.argument(index));
    (!number.is_nan()).then_some(number as u32)
}

fn type_named(name: &str) -> Option<SlotType> {
    Some(match name {
        "i32" => SlotType::I32,
        "i64" => SlotType::I64,
        "f32" => SlotType::F32,
        "f64" => SlotType::F64,
        "anyfunc" | "funcref" => SlotType::Func,
        "externref" => SlotType::Extern,
        "v128" => SlotType::Vector,
        _ => return None,
    })
}

fn type_name(ty: SlotType) -> &'static str {
    match ty {
        SlotType::I32 => "i32",
        SlotType::I64 => "i64",
        SlotType::F32 => "f32",
        SlotType::F64 => "f64",
        SlotType::Func => "funcref",
        SlotType::Extern => "externref",
        SlotType::Vector => "v128",
    }
}

/// The type an argument names; `None` with a `TypeError` pending.
fn type_argument(call: &Invocation<'_>, index: usize) -> Option<SlotType> {
    let name = call.text(index)?;
    let ty = type_named(&name);
    if ty.is_none() {
        throw_text(call.context, "TypeError", &format!("WebAssembly: {name} is not a type of values"));
    }
    ty
}

host_function!(pub(super) errors, |call| {
    let context = call.context;
    let constructors: Vec<Value> = (0..3).map(|index| context.dup(call.argument(index))).collect();
    world(context).set_errors(&constructors);
    UNDEFINED
});

host_function!(pub(super) validate, |call| {
    let Some(bytes) = bytes(&call, 0) else { return throw_text(call.context, "TypeError", "Expected a Uint8Array") };
    let wasm = world(call.context);
    match wasm.validate(&bytes) {
        Ok(valid) => call.context.boolean(valid),
        Err(failure) => throw(call.context, wasm, failure),
    }
});

host_function!(pub(super) compile, |call| {
    let context = call.context;
    let Some(bytes) = bytes(&call, 0) else { return throw_text(context, "TypeError", "Expected a Uint8Array") };
    let wasm = world(context);
    match wasm.compile(&bytes) {
        Ok(_) if super::runtime::must_stop(context) => throw(context, wasm, Failure::Stopped),
        Ok(module) => context.int(module as i32),
        Err(failure) => throw(context, wasm, failure),
    }
});

// Module, name and kind of each import, one after the other.
host_function!(pub(super) imports, |call| {
    let context = call.context;
    let list = context.array();
    let described = world(context).describe(handle(&call, 0));
    let texts = described.imports.iter().flat_map(|(module, name, kind)| [module.as_str(), name, kind.as_str()]);
    for (index, text) in (0..).zip(texts) {
        context.set_index(list, index, context.string(text));
    }
    list
});

// Name and kind of each export, one after the other.
host_function!(pub(super) exports, |call| {
    let context = call.context;
    let list = context.array();
    let described = world(context).describe(handle(&call, 0));
    let texts = described.exports.iter().flat_map(|(name, kind)| [name.as_str(), kind.as_str()]);
    for (index, text) in (0..).zip(texts) {
        context.set_index(list, index, context.string(text));
    }
    list
});

host_function!(pub(super) sections, |call| {
    let context = call.context;
    let Some(name) = call.text(1) else { return EXCEPTION };
    let list = context.array();
    for (index, section) in (0..).zip(world(context).custom_sections(handle(&call, 0), &name)) {
        context.set_index(list, index, context.bytes(&section));
    }
    list
});

// `(module, imports)`: functions as such, other things as `[handle]`, constants as numbers. Returns name, kind and
// function or handle of each export, one after the other.
host_function!(pub(super) instantiate, |call| {
    let context = call.context;
    let wasm = world(context);
    let module = handle(&call, 0);
    let list = call.argument(1);
    let mut given = Vec::new();
    for index in 0..context.length(list) {
        let Some(import) = import_of(context, wasm, module, index, context.get_index(list, index)) else {
            return EXCEPTION;
        };
        given.push(import);
    }
    match wasm.instantiate(module, &given) {
        Ok(exports) => {
            detach_stale(context, wasm);
            let list = context.array();
            for (index, (name, kind, handle)) in (0..).zip(exports) {
                let face = match kind {
                    Kind::Function => context.dup(face(context, wasm, handle)),
                    Kind::Memory | Kind::Table | Kind::Global => context.int(handle as i32),
                };
                context.set_index(list, index * 3, context.string(&name));
                context.set_index(list, index * 3 + 1, context.string(kind.as_str()));
                context.set_index(list, index * 3 + 2, face);
            }
            list
        }
        Err(failure) => throw(context, wasm, failure),
    }
});

/// `None`: an exception is pending.
fn import_of(context: Context, wasm: Wasm, module: u32, index: u32, value: Value) -> Option<Import> {
    if context.is_function(value) {
        return Some(match wasm.function_at(context.address(value)) {
            Some(function) => Import::Handle(function),
            None => Import::Script(wasm.keep_script(context.dup(value))),
        });
    }
    if context.is_array(value) {
        return Some(Import::Handle(context.to_number(context.get_index(value, 0)) as u32));
    }
    match wasm.global_import(module, index as usize) {
        Some((ty, false)) => to_slot(context, wasm, value, ty).map(Import::Constant),
        _ => {
            throw_wasm(context, wasm, 1, &format!("import #{index} does not fit"));
            None
        }
    }
}

host_function!(pub(super) memory, |call| {
    let (context, wasm) = (call.context, world(call.context));
    match wasm.new_memory(handle(&call, 0), limit(&call, 1)) {
        Ok(memory) => context.int(memory as i32),
        Err(failure) => throw(context, wasm, failure),
    }
});

host_function!(pub(super) memory_grow, |call| {
    let (context, wasm) = (call.context, world(call.context));
    let memory = handle(&call, 0);
    match wasm.grow_memory(memory, handle(&call, 1)) {
        Ok(pages) => {
            detach_stale(context, wasm);
            // Growing by nothing detaches, too.
            if let Some(buffer) = wasm.take_buffer(memory) {
                context.detach(buffer);
                context.free(buffer);
            }
            context.number(pages as f64)
        }
        Err(failure) => throw(context, wasm, failure),
    }
});

host_function!(pub(super) memory_buffer, |call| {
    let (context, wasm) = (call.context, world(call.context));
    let memory = handle(&call, 0);
    detach_stale(context, wasm);
    if let Some(buffer) = wasm.buffer(memory) {
        return context.dup(buffer);
    }
    let (start, bytes) = wasm.memory_area(memory);
    // SAFETY: the bytes stay where they are until the buffer is detached, which happens before JavaScript runs again
    // after they moved; rewinding puts back both.
    let buffer = unsafe { context.buffer_over(start as *mut u8, bytes) };
    if !context.is_exception(buffer) {
        wasm.set_buffer(memory, context.dup(buffer));
    }
    buffer
});

host_function!(pub(super) table, |call| {
    let (context, wasm) = (call.context, world(call.context));
    let Some(ty) = type_argument(&call, 0) else { return EXCEPTION };
    let Some(fill) = to_slot(context, wasm, call.argument(3), ty) else { return EXCEPTION };
    match wasm.new_table(ty, handle(&call, 1), limit(&call, 2), fill) {
        Ok(table) => context.int(table as i32),
        Err(failure) => throw(context, wasm, failure),
    }
});

host_function!(pub(super) table_length, |call| {
    call.context.number(world(call.context).table_size(handle(&call, 0)) as f64)
});

host_function!(pub(super) table_get, |call| {
    let (context, wasm) = (call.context, world(call.context));
    match wasm.table_get(handle(&call, 0), handle(&call, 1)) {
        Some(slot) => to_value(context, wasm, slot),
        None => throw_text(context, "RangeError", "WebAssembly.Table.get(): invalid index into the table"),
    }
});

host_function!(pub(super) table_set, |call| {
    let (context, wasm) = (call.context, world(call.context));
    let table = handle(&call, 0);
    let Some(slot) = to_slot(context, wasm, call.argument(2), wasm.table_type(table)) else { return EXCEPTION };
    match wasm.table_set(table, handle(&call, 1), slot) {
        Ok(()) => UNDEFINED,
        Err(failure) => throw(context, wasm, failure),
    }
});

host_function!(pub(super) table_grow, |call| {
    let (context, wasm) = (call.context, world(call.context));
    let table = handle(&call, 0);
    let Some(slot) = to_slot(context, wasm, call.argument(2), wasm.table_type(table)) else { return EXCEPTION };
    match wasm.table_grow(table, handle(&call, 1), slot) {
        Ok(size) => context.number(size as f64),
        Err(failure) => throw(context, wasm, failure),
    }
});

host_function!(pub(super) global, |call| {
    let (context, wasm) = (call.context, world(call.context));
    let Some(ty) = type_argument(&call, 0) else { return EXCEPTION };
    let Some(slot) = to_slot(context, wasm, call.argument(2), ty) else { return EXCEPTION };
    context.int(wasm.new_global(slot, context.is_truthy(call.argument(1))) as i32)
});

// Name of the type, and whether it is mutable.
host_function!(pub(super) global_type, |call| {
    let context = call.context;
    let (ty, is_mutable) = world(context).global_type(handle(&call, 0));
    let pair = context.array();
    context.set_index(pair, 0, context.string(type_name(ty)));
    context.set_index(pair, 1, context.boolean(is_mutable));
    pair
});

host_function!(pub(super) global_get, |call| {
    let wasm = world(call.context);
    to_value(call.context, wasm, wasm.global_get(handle(&call, 0)))
});

host_function!(pub(super) global_set, |call| {
    let (context, wasm) = (call.context, world(call.context));
    let global = handle(&call, 0);
    let Some(slot) = to_slot(context, wasm, call.argument(1), wasm.global_type(global).0) else { return EXCEPTION };
    match wasm.global_set(global, slot) {
        Ok(()) => UNDEFINED,
        Err(failure) => throw(context, wasm, failure),
    }
});

host_function!(pub(super) is_function, |call| {
    let (context, value) = (call.context, call.argument(0));
    context.boolean(context.is_object(value) && world(context).function_at(context.address(value)).is_some())
});
