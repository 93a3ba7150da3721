//! The stateless host functions behind text decoding and multipart forms.

use rquickjs_sys as qjs;

use super::context::{UNDEFINED, Value};
use super::ops::{Invocation, host_function};
use super::throw_text;
use crate::web::{encodings, patterns};

// `(haystack, needle, from)` to the place of the first match at or after `from`, or -1.
host_function!(pub(super) bytes_find, |call| {
    let (Some(haystack), Some(needle)) = (bytes(&call, 0), bytes(&call, 1)) else {
        return throw_text(call.context, "TypeError", "Expected a Uint8Array");
    };
    let from = call.context.to_number(call.argument(2)).max(0.0) as usize;
    let found = encodings::find(haystack, needle, from);
    call.context.number(found.map_or(-1.0, |place| place as f64))
});

// The name of the encoding a label stands for, in lower case; undefined for an unknown label.
host_function!(pub(super) encoding_name, |call| {
    let label = call.text(0).unwrap_or_default();
    encodings::name_of(&label).map_or(UNDEFINED, |name| call.context.string(&name))
});

// `(encoding, bytes decoded before, bytes, is last, fatal)` to the text of `bytes`; undefined when it is fatal that
// they are malformed.
host_function!(pub(super) decode, |call| {
    let context = call.context;
    let name = call.text(0).unwrap_or_default();
    let (Some(before), Some(bytes)) = (bytes(&call, 1), bytes(&call, 2)) else {
        return throw_text(context, "TypeError", "Expected a Uint8Array");
    };
    let (is_last, fatal) = (context.is_truthy(call.argument(3)), context.is_truthy(call.argument(4)));
    let input = encodings::Input { before, bytes, is_last, fatal };
    encodings::decode(&name, &input).map_or(UNDEFINED, |text| context.string(&text))
});

// `(pattern or its parts as JSON, base, whether to ignore case)` to the components of the pattern as JSON.
host_function!(pub(super) url_pattern, |call| {
    let context = call.context;
    let input = call.text(0).unwrap_or_default();
    match patterns::parse(&input, optional_text(&call, 1).as_deref(), context.is_truthy(call.argument(2))) {
        Ok(components) => context.string(&components),
        Err(reason) => throw_text(context, "TypeError", &format!("Invalid URL pattern: {reason}")),
    }
});

// `(URL or its parts as JSON, base)` to what a pattern is matched with, as JSON; undefined for what is no URL.
host_function!(pub(super) url_pattern_subject, |call| {
    let input = call.text(0).unwrap_or_default();
    match patterns::subject(&input, optional_text(&call, 1).as_deref()) {
        Ok(Some(parts)) => call.context.string(&parts),
        Ok(None) => UNDEFINED,
        Err(reason) => throw_text(call.context, "TypeError", &format!("Invalid input for a URL pattern: {reason}")),
    }
});

fn optional_text(call: &Invocation<'_>, index: usize) -> Option<String> {
    if call.context.is_undefined(call.argument(index)) { None } else { call.text(index) }
}

/// Lends the bytes of an argument until JavaScript runs again.
fn bytes<'a>(call: &Invocation<'a>, index: usize) -> Option<&'a [u8]> {
    let (start, length) = call.context.byte_view(call.argument(index))?;
    if length == 0 {
        return Some(&[]);
    }
    // SAFETY: the view is valid until JavaScript runs again, which none of these functions lets it do.
    Some(unsafe { std::slice::from_raw_parts(start, length) })
}
