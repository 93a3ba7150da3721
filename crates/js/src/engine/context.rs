//! A thin, typed layer over the QuickJS functions this crate uses.
//!
//! Values are plain handles with manual reference counts, exactly as in C: nothing is freed on drop, because a
//! heap that is about to be rewound need not be tidied. Methods document which handles they consume.
//!
//! Invariant: a `Context` is only made from the live context of an engine or of a running host function, and is
//! not kept beyond it. Every `unsafe` call below rests on that.

use std::ffi::CStr;
use std::ptr;

use rquickjs_sys as qjs;
pub(crate) use rquickjs_sys::JSValue as Value;

use crate::active::Active;

pub(crate) const UNDEFINED: Value = qjs::JS_UNDEFINED;
pub(crate) const EXCEPTION: Value = qjs::JS_EXCEPTION;

/// The signature of a host function.
pub(crate) type Function = unsafe extern "C" fn(*mut qjs::JSContext, Value, i32, *mut Value) -> Value;

/// The signature of a host function that was made with data.
pub(crate) type DataFunction =
    unsafe extern "C" fn(*mut qjs::JSContext, Value, i32, *mut Value, i32, *mut Value) -> Value;

/// Settled or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PromiseState {
    NotAPromise,
    Pending,
    Fulfilled,
    Rejected,
}

/// A JavaScript context.
#[derive(Clone, Copy)]
pub(crate) struct Context(*mut qjs::JSContext);

// SAFETY (whole block): see the invariant in the file header; handles passed in come from the same context.
impl Context {
    pub(crate) fn new(raw: *mut qjs::JSContext) -> Context {
        Context(raw)
    }

    pub(crate) fn raw(self) -> *mut qjs::JSContext {
        self.0
    }

    pub(crate) fn runtime(self) -> *mut qjs::JSRuntime {
        unsafe { qjs::JS_GetRuntime(self.0) }
    }

    /// The call that is running in this context. The pointer is good for as long as the call runs; callers must
    /// not hold a reference made from it while they enter JavaScript.
    pub(crate) fn active(self) -> *mut Active<'static> {
        unsafe { qjs::JS_GetContextOpaque(self.0).cast() }
    }

    /// Sets the running call, or none.
    pub(crate) fn set_active(self, active: *mut Active<'_>) {
        unsafe {
            qjs::JS_SetContextOpaque(self.0, active.cast());
            qjs::JS_SetRuntimeOpaque(self.runtime(), self.0.cast());
        }
    }

    pub(crate) fn string(self, text: &str) -> Value {
        unsafe { qjs::JS_NewStringLen(self.0, text.as_ptr().cast(), text.len() as _) }
    }

    pub(crate) fn string_from_utf16(self, units: &[u16]) -> Value {
        unsafe { qjs::JS_NewStringUTF16(self.0, units.as_ptr(), units.len() as _) }
    }

    pub(crate) fn number(self, number: f64) -> Value {
        qjs::JS_NewFloat64(number)
    }

    pub(crate) fn int(self, number: i32) -> Value {
        qjs::JS_MKVAL(qjs::JS_TAG_INT, number)
    }

    pub(crate) fn boolean(self, truth: bool) -> Value {
        if truth { qjs::JS_TRUE } else { qjs::JS_FALSE }
    }

    pub(crate) fn bigint(self, number: i64) -> Value {
        unsafe { qjs::JS_NewBigInt64(self.0, number) }
    }

    pub(crate) fn null(self) -> Value {
        qjs::JS_NULL
    }

    pub(crate) fn object(self) -> Value {
        unsafe { qjs::JS_NewObject(self.0) }
    }

    pub(crate) fn array(self) -> Value {
        unsafe { qjs::JS_NewArray(self.0) }
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Value {
        unsafe { qjs::JS_NewUint8ArrayCopy(self.0, bytes.as_ptr(), bytes.len() as _) }
    }

    pub(crate) fn function(self, name: &CStr, function: Function, length: i32) -> Value {
        let kind = qjs::JSCFunctionEnum_JS_CFUNC_generic;
        unsafe { qjs::JS_NewCFunction2(self.0, Some(function), name.as_ptr(), length, kind, 0) }
    }

    /// A function that is handed `data`, which is consumed, with each call.
    pub(crate) fn function_with(self, name: &CStr, function: DataFunction, length: i32, mut data: Value) -> Value {
        unsafe { qjs::JS_NewCFunctionData2(self.0, Some(function), name.as_ptr(), length, 0, 1, &mut data) }
    }

    /// A buffer over bytes that belong to somebody else.
    ///
    /// # Safety
    /// The bytes stay valid until the buffer is detached.
    pub(crate) unsafe fn buffer_over(self, start: *mut u8, length: usize) -> Value {
        unsafe { qjs::JS_NewArrayBuffer(self.0, start, length as _, 0, None, ptr::null_mut(), false) }
    }

    /// Takes a buffer's bytes away.
    pub(crate) fn detach(self, buffer: Value) {
        unsafe { qjs::JS_DetachArrayBuffer(self.0, buffer) };
    }

    /// Copies a value's text out; `None` when it cannot become a string, with the exception pending.
    pub(crate) fn text(self, value: Value) -> Option<String> {
        self.with_text(value, str::to_owned)
    }

    /// Lends a value's text to `read`; unpaired surrogates are replaced.
    pub(crate) fn with_text<T>(self, value: Value, read: impl FnOnce(&str) -> T) -> Option<T> {
        let mut length = 0;
        let start = unsafe { qjs::JS_ToCStringLen2(self.0, &mut length, value, false) };
        if start.is_null() {
            return None;
        }
        let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length as usize) };
        let result = match std::str::from_utf8(bytes) {
            Ok(text) => read(text),
            Err(_) => read(&String::from_utf8_lossy(bytes)),
        };
        unsafe { qjs::JS_FreeCString(self.0, start) };
        Some(result)
    }

    /// The bytes of a `Uint8Array`, valid until JavaScript runs again; `None` for anything else.
    pub(crate) fn byte_view(self, value: Value) -> Option<(*mut u8, usize)> {
        let mut length = 0;
        let start = unsafe { qjs::JS_GetUint8Array(self.0, &mut length, value) };
        if start.is_null() {
            self.free(self.take_exception());
            return None;
        }
        Some((start, length as usize))
    }

    /// The value as `ToInt32` gives it; `None` with the exception pending.
    pub(crate) fn to_i32(self, value: Value) -> Option<i32> {
        let mut number = 0;
        (unsafe { qjs::JS_ToInt32(self.0, &mut number, value) } == 0).then_some(number)
    }

    /// The value as `ToBigInt64` gives it; `None` with the exception pending.
    pub(crate) fn to_bigint64(self, value: Value) -> Option<i64> {
        let mut number = 0;
        (unsafe { qjs::JS_ToBigInt64(self.0, &mut number, value) } == 0).then_some(number)
    }

    /// The value as `ToNumber` gives it; `None` with the exception pending.
    pub(crate) fn try_number(self, value: Value) -> Option<f64> {
        let mut number = f64::NAN;
        (unsafe { qjs::JS_ToFloat64(self.0, &mut number, value) } == 0).then_some(number)
    }

    pub(crate) fn to_number(self, value: Value) -> f64 {
        let mut number = f64::NAN;
        unsafe { qjs::JS_ToFloat64(self.0, &mut number, value) };
        number
    }

    /// Reads a property; the result is owned.
    pub(crate) fn get(self, object: Value, name: &CStr) -> Value {
        unsafe { qjs::JS_GetPropertyStr(self.0, object, name.as_ptr()) }
    }

    pub(crate) fn get_atom(self, object: Value, atom: qjs::JSAtom) -> Value {
        unsafe { qjs::JS_GetProperty(self.0, object, atom) }
    }

    /// Reads a property named by any string.
    pub(crate) fn get_named(self, object: Value, name: &str) -> Value {
        let atom = self.atom(name);
        let value = self.get_atom(object, atom);
        unsafe { qjs::JS_FreeAtom(self.0, atom) };
        value
    }

    pub(crate) fn get_index(self, object: Value, index: u32) -> Value {
        unsafe { qjs::JS_GetPropertyUint32(self.0, object, index) }
    }

    /// Length of an array; zero when it has none.
    pub(crate) fn length(self, array: Value) -> u32 {
        let mut length = 0;
        unsafe { qjs::JS_GetLength(self.0, array, &mut length) };
        u32::try_from(length).unwrap_or(0)
    }

    /// Length of an array or of anything like one; `None` when reading it throws, which is forgotten.
    pub(crate) fn length_of(self, array: Value) -> Option<i64> {
        let mut length = 0;
        if unsafe { qjs::JS_GetLength(self.0, array, &mut length) } != 0 {
            self.free(self.take_exception());
            return None;
        }
        Some(length)
    }

    /// Defines a property that can be changed, but does not show up when properties are listed; consumes `value`.
    pub(crate) fn define_hidden(self, object: Value, name: &CStr, value: Value) {
        let flags = (qjs::JS_PROP_WRITABLE | qjs::JS_PROP_CONFIGURABLE) as i32;
        unsafe { qjs::JS_DefinePropertyValueStr(self.0, object, name.as_ptr(), value, flags) };
    }

    /// Sets a property; consumes `value`.
    pub(crate) fn set(self, object: Value, name: &CStr, value: Value) {
        unsafe { qjs::JS_SetPropertyStr(self.0, object, name.as_ptr(), value) };
    }

    /// Sets an element; consumes `value`.
    pub(crate) fn set_index(self, array: Value, index: u32, value: Value) {
        unsafe { qjs::JS_SetPropertyUint32(self.0, array, index, value) };
    }

    pub(crate) fn atom(self, name: &str) -> qjs::JSAtom {
        unsafe { qjs::JS_NewAtomLen(self.0, name.as_ptr().cast(), name.len() as _) }
    }

    pub(crate) fn global(self) -> Value {
        unsafe { qjs::JS_GetGlobalObject(self.0) }
    }

    /// Calls a function; the result is owned, arguments are not consumed.
    pub(crate) fn call(self, function: Value, this: Value, arguments: &[Value]) -> Value {
        let count = arguments.len() as i32;
        unsafe { qjs::JS_Call(self.0, function, this, count, arguments.as_ptr().cast_mut()) }
    }

    pub(crate) fn construct(self, constructor: Value, arguments: &[Value]) -> Value {
        let count = arguments.len() as i32;
        unsafe { qjs::JS_CallConstructor(self.0, constructor, count, arguments.as_ptr().cast_mut()) }
    }

    pub(crate) fn parse_json(self, text: &str) -> Value {
        let mut terminated = Vec::with_capacity(text.len() + 1);
        terminated.extend_from_slice(text.as_bytes());
        terminated.push(0);
        unsafe { qjs::JS_ParseJSON(self.0, terminated.as_ptr().cast(), text.len() as _, c"<json>".as_ptr()) }
    }

    /// A promise that is already settled; does not consume `value`.
    pub(crate) fn settled_promise(self, rejected: bool, value: Value) -> Value {
        unsafe { qjs::JS_NewSettledPromise(self.0, rejected, value) }
    }

    /// A pending promise with the functions that resolve and reject it, all owned; `None` with the exception pending.
    pub(crate) fn promise_capability(self) -> Option<(Value, Value, Value)> {
        let mut settle = [UNDEFINED; 2];
        let promise = unsafe { qjs::JS_NewPromiseCapability(self.0, settle.as_mut_ptr()) };
        let [resolve, reject] = settle;
        (!self.is_exception(promise)).then_some((promise, resolve, reject))
    }

    pub(crate) fn promise_state(self, value: Value) -> PromiseState {
        match unsafe { qjs::JS_PromiseState(self.0, value) } {
            qjs::JSPromiseStateEnum_JS_PROMISE_PENDING => PromiseState::Pending,
            qjs::JSPromiseStateEnum_JS_PROMISE_FULFILLED => PromiseState::Fulfilled,
            qjs::JSPromiseStateEnum_JS_PROMISE_REJECTED => PromiseState::Rejected,
            _ => PromiseState::NotAPromise,
        }
    }

    pub(crate) fn promise_result(self, promise: Value) -> Value {
        unsafe { qjs::JS_PromiseResult(self.0, promise) }
    }

    /// Throws `value`, which is consumed.
    pub(crate) fn throw(self, value: Value) -> Value {
        unsafe { qjs::JS_Throw(self.0, value) }
    }

    /// Throws something no `catch` or `finally` sees.
    pub(crate) fn throw_uncatchable(self) -> Value {
        let error = unsafe { qjs::JS_NewError(self.0) };
        unsafe { qjs::JS_SetUncatchableError(self.0, error) };
        self.throw(error)
    }

    /// The pending exception, which is pending no more; owned.
    pub(crate) fn take_exception(self) -> Value {
        unsafe { qjs::JS_GetException(self.0) }
    }

    pub(crate) fn dup(self, value: Value) -> Value {
        unsafe { qjs::JS_DupValue(self.0, value) }
    }

    pub(crate) fn free(self, value: Value) {
        unsafe { qjs::JS_FreeValue(self.0, value) };
    }

    pub(crate) fn is_exception(self, value: Value) -> bool {
        unsafe { qjs::JS_VALUE_GET_TAG(value) == qjs::JS_TAG_EXCEPTION }
    }

    pub(crate) fn is_undefined(self, value: Value) -> bool {
        unsafe { qjs::JS_VALUE_GET_TAG(value) == qjs::JS_TAG_UNDEFINED }
    }

    pub(crate) fn is_string(self, value: Value) -> bool {
        unsafe { qjs::JS_IsString(value) }
    }

    pub(crate) fn is_null(self, value: Value) -> bool {
        unsafe { qjs::JS_IsNull(value) }
    }

    pub(crate) fn is_typed_array(self, value: Value) -> bool {
        unsafe { qjs::JS_GetTypedArrayType(value) >= 0 }
    }

    pub(crate) fn is_array(self, value: Value) -> bool {
        unsafe { qjs::JS_IsArray(value) }
    }

    /// Where an object lives.
    pub(crate) fn address(self, object: Value) -> usize {
        unsafe { qjs::JS_VALUE_GET_PTR(object) as usize }
    }

    /// Type and bits of a value: equal for the same object, and for equal numbers.
    pub(crate) fn identity(self, value: Value) -> (i64, u64) {
        unsafe {
            let bits = if qjs::JS_TAG_IS_FLOAT64(qjs::JS_VALUE_GET_TAG(value)) {
                qjs::JS_VALUE_GET_FLOAT64(value).to_bits()
            } else if qjs::JS_VALUE_HAS_REF_COUNT(value) {
                qjs::JS_VALUE_GET_PTR(value) as u64
            } else {
                qjs::JS_VALUE_GET_INT(value) as u64
            };
            (i64::from(qjs::JS_VALUE_GET_TAG(value)), bits)
        }
    }

    /// The items of an iterable, gathered with `Array.from`; `None` with the exception pending.
    pub(crate) fn iterable_to_array(self, value: Value) -> Option<Value> {
        let constructor = self.get_named(self.global(), "Array");
        let list = self.call(self.get(constructor, c"from"), constructor, &[value]);
        (!self.is_exception(list)).then_some(list)
    }

    pub(crate) fn is_function(self, value: Value) -> bool {
        unsafe { qjs::JS_IsFunction(self.0, value) }
    }

    pub(crate) fn is_object(self, value: Value) -> bool {
        unsafe { qjs::JS_IsObject(value) }
    }

    pub(crate) fn is_truthy(self, value: Value) -> bool {
        unsafe { qjs::JS_ToBool(self.0, value) > 0 }
    }

    /// Whether two handles are the same object.
    pub(crate) fn same_object(self, left: Value, right: Value) -> bool {
        unsafe { qjs::JS_VALUE_GET_PTR(left) == qjs::JS_VALUE_GET_PTR(right) }
    }

    /// Runs one queued job; `None` when there is none, `Some(false)` when it threw.
    pub(crate) fn run_job(self) -> Option<bool> {
        let mut context = ptr::null_mut();
        let status = unsafe { qjs::JS_ExecutePendingJob(self.runtime(), &mut context) };
        if status == 0 { None } else { Some(status > 0) }
    }

    pub(crate) fn collect_garbage(self) {
        unsafe { qjs::JS_RunGC(self.runtime()) };
    }

    /// Compiles source without running it.
    pub(crate) fn compile(self, source: &str, name: &CStr, is_module: bool) -> Value {
        let kind = if is_module { qjs::JS_EVAL_TYPE_MODULE } else { qjs::JS_EVAL_TYPE_GLOBAL };
        let flags = (kind | qjs::JS_EVAL_FLAG_COMPILE_ONLY) as i32;
        let mut terminated = Vec::with_capacity(source.len() + 1);
        terminated.extend_from_slice(source.as_bytes());
        terminated.push(0);
        unsafe { qjs::JS_Eval(self.0, terminated.as_ptr().cast(), source.len() as _, name.as_ptr(), flags) }
    }

    /// Bytecode of what `compile` returned; `None` with the exception pending.
    pub(crate) fn write_bytecode(self, compiled: Value) -> Option<Vec<u8>> {
        let flags = (qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE) as i32;
        let mut length = 0;
        let start = unsafe { qjs::JS_WriteObject(self.0, &mut length, compiled, flags) };
        if start.is_null() {
            return None;
        }
        let bytes = unsafe { std::slice::from_raw_parts(start, length as usize) }.to_vec();
        unsafe { qjs::js_free(self.0, start.cast()) };
        Some(bytes)
    }

    /// Loads bytecode made by `write_bytecode` in this process.
    pub(crate) fn read_bytecode(self, bytecode: &[u8]) -> Value {
        let flags = qjs::JS_READ_OBJ_BYTECODE as i32;
        unsafe { qjs::JS_ReadObject(self.0, bytecode.as_ptr(), bytecode.len() as _, flags) }
    }

    /// Runs a script or evaluates a module; consumes `compiled`.
    pub(crate) fn run_compiled(self, compiled: Value) -> Value {
        unsafe { qjs::JS_EvalFunction(self.0, compiled) }
    }

    /// Loads what a module imports; false with the exception pending.
    pub(crate) fn resolve_imports(self, module: Value) -> bool {
        unsafe { qjs::JS_ResolveModule(self.0, module) == 0 }
    }

    /// The module definition behind a module value.
    pub(crate) fn module_definition(self, module: Value) -> *mut qjs::JSModuleDef {
        unsafe { qjs::JS_VALUE_GET_PTR(module).cast() }
    }

    /// The namespace of an evaluated module; owned.
    pub(crate) fn namespace(self, module: *mut qjs::JSModuleDef) -> Value {
        unsafe { qjs::JS_GetModuleNamespace(self.0, module) }
    }

    /// The `import.meta` object of a module; owned.
    pub(crate) fn import_meta(self, module: *mut qjs::JSModuleDef) -> Value {
        unsafe { qjs::JS_GetImportMeta(self.0, module) }
    }

    pub(crate) fn set_prototype(self, object: Value, prototype: Value) {
        unsafe { qjs::JS_SetPrototype(self.0, object, prototype) };
    }
}
