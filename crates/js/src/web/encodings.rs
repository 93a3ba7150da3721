//! Text in the encodings of the Encoding standard, and searching bytes.

use encoding_rs::{DecoderResult, Encoding};

/// What to decode, and what the decoder saw before it.
pub(crate) struct Input<'a> {
    pub(crate) before: &'a [u8],
    pub(crate) bytes: &'a [u8],
    pub(crate) is_last: bool,
    /// Whether malformed bytes make the whole fail.
    pub(crate) fatal: bool,
}

/// The lower-case name of the encoding behind `label`; `None` for labels that cannot be decoded.
pub(crate) fn name_of(label: &str) -> Option<String> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes())?;
    Some(encoding.name().to_ascii_lowercase())
}

/// Decodes without looking for a byte order mark. `None` for malformed bytes where that is fatal.
pub(crate) fn decode(name: &str, input: &Input<'_>) -> Option<String> {
    let mut decoder = Encoding::for_label(name.as_bytes())?.new_decoder_without_bom_handling();
    let mut text = String::new();
    if !input.before.is_empty() {
        text.reserve(decoder.max_utf8_buffer_length(input.before.len())?);
        // The outcome is known already; only the state it leaves matters.
        let _ = decoder.decode_to_string(input.before, &mut text, false);
        text.clear();
    }
    if !input.fatal {
        text.reserve(decoder.max_utf8_buffer_length(input.bytes.len())?);
        let _ = decoder.decode_to_string(input.bytes, &mut text, input.is_last);
        return Some(text);
    }
    text.reserve(decoder.max_utf8_buffer_length_without_replacement(input.bytes.len())?);
    let (result, _) = decoder.decode_to_string_without_replacement(input.bytes, &mut text, input.is_last);
    match result {
        DecoderResult::InputEmpty => Some(text),
        DecoderResult::OutputFull | DecoderResult::Malformed(..) => None,
    }
}

/// The place of the first `needle` at or after `from`.
pub(crate) fn find(haystack: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let mut at = from;
    loop {
        let next = haystack.get(at..)?.iter().position(|byte| byte == first)?;
        at += next;
        if haystack[at + 1..].starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests;
