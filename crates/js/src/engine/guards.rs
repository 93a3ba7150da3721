//! Guards around the few built-ins of arrays that walk over every index without asking whether the call must end.
//!
//! An array that holds anything at each index is bounded by the heap; one with a single element far out is not, and
//! walking over it would take minutes. So these built-ins refuse arrays that are longer than any heap could fill.

use std::ffi::CStr;

use rquickjs_sys as qjs;

use super::context::{Context, Value};
use super::ops::Invocation;
use super::throw_text;
use crate::limits;

/// Names, and how many parameters each takes.
const GUARDED: [(&CStr, i32); 12] = [
    (c"concat", 1),
    (c"copyWithin", 2),
    (c"fill", 1),
    (c"flat", 0),
    (c"flatMap", 1),
    (c"join", 1),
    (c"toLocaleString", 0),
    (c"reverse", 0),
    (c"shift", 0),
    (c"slice", 2),
    (c"sort", 1),
    (c"splice", 2),
];

/// `unshift` walks only if it is given something; it is guarded like the others.
const UNSHIFT: (&CStr, i32) = (c"unshift", 1);

/// Puts the guards in place.
pub(super) fn install(context: Context) {
    let global = context.global();
    let prototype = context.get(context.get(global, c"Array"), c"prototype");
    for (name, length) in GUARDED.into_iter().chain([UNSHIFT]) {
        let original = context.get(prototype, name);
        let guarded = context.function_with(name, guard, length, original);
        context.define_hidden(prototype, name, guarded);
    }
    context.free(prototype);
    context.free(global);
}

unsafe extern "C" fn guard(
    ctx: *mut qjs::JSContext,
    this: Value,
    argc: i32,
    argv: *mut Value,
    _magic: i32,
    data: *mut Value,
) -> Value {
    // SAFETY: called by QuickJS only, with the data the function was made with.
    let (call, original) = unsafe { (Invocation::new(ctx, argc, argv), *data) };
    let context = call.context;
    // The arguments of `concat` are walked over, too; for the others they are no arrays.
    let longest = call.arguments.iter().chain([&this]).filter_map(|value| length(context, *value)).max();
    match longest {
        Some(length) if length > limits::ARRAY_LENGTH_MAX => {
            let max = limits::ARRAY_LENGTH_MAX;
            let text =
                format!("This array is too long for this method: its length is {length}, at most {max} is supported");
            throw_text(context, "RangeError", &text)
        }
        _ => context.call(original, this, call.arguments),
    }
}

/// The length of an array or of what passes for one; `None` for what is bounded by the memory it takes.
fn length(context: Context, value: Value) -> Option<i64> {
    if !context.is_object(value) || context.is_typed_array(value) || context.is_function(value) {
        return None;
    }
    context.length_of(value)
}
