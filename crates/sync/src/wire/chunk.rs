//! Transitions too large for one message, in parts.

use std::fmt::Write as _;

use value::write_json_string;

/// Splits the text of a transition into `TransitionChunk` messages of at most `part_bytes` of it each.
///
/// The parts must be sent in order with nothing but pings between them. `id` only has to differ between transitions.
pub fn split_transition(text: &str, id: u64, part_bytes: usize) -> Vec<String> {
    let parts = split_at_chars(text, part_bytes);
    let total = parts.len();
    parts.iter().enumerate().map(|(number, part)| chunk_message(part, number, total, id)).collect()
}

fn chunk_message(part: &str, number: usize, total: usize, id: u64) -> String {
    let mut out = String::with_capacity(part.len() + part.len() / 8 + 128);
    out.push_str(r#"{"type":"TransitionChunk","chunk":"#);
    write_json_string(&mut out, part);
    write!(out, r#","partNumber":{number},"totalParts":{total},"transitionId":"{id}"}}"#)
        .expect("writing to a string does not fail");
    out
}

fn split_at_chars(text: &str, part_bytes: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > part_bytes {
        let mut end = part_bytes;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (part, tail) = rest.split_at(end);
        parts.push(part);
        rest = tail;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests;
