//! Turns QuickJS's stack text into the frames a developer expects.
//!
//! QuickJS writes `    at name (convex:/dir/file.js:12:5)`; each frame is looked up in its module's source map
//! and written as `    at name (../convex/dir/file.ts:8:11)`. Frames without a map are dropped: native
//! functions, the platform's own scripts. Frames of the client library's internals are dropped at both ends.

use crate::bundle::Bundle;
use crate::engine::modules::SCHEME;

/// A place in the author's source; line and column count from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Files whose frames are trimmed from the head and the tail of a trace.
const INTERNAL: &str = "convex/src/server/impl";

/// Maps every frame; lines are joined without a trailing newline.
pub(crate) fn map_stack(bundle: &Bundle, raw: &str) -> String {
    let frames: Vec<(String, bool)> = raw.lines().filter_map(|line| map_frame(bundle, line)).collect();
    let Some(first) = frames.iter().position(|(_, internal)| !internal) else {
        return String::new();
    };
    let last = frames.iter().rposition(|(_, internal)| !internal).unwrap_or(first);
    let lines: Vec<&str> = frames[first..=last].iter().map(|(line, _)| line.as_str()).collect();
    lines.join("\n")
}

/// Maps a position in a module; both count lines and columns from one.
pub(crate) fn map_position(bundle: &Bundle, file: &str, line: u32, column: u32) -> Option<Position> {
    let path = file.strip_prefix(SCHEME)?;
    let map = bundle.source_map(path)?;
    let line = line.checked_sub(1)?;
    let token = map.lookup_token(line, bundle.original_column(path, line, column.saturating_sub(1)))?;
    let file = token.get_source()?.to_owned();
    Some(Position { file, line: token.get_src_line() + 1, column: token.get_src_col() + 1 })
}

/// The frame's text and whether it belongs to the library's internals.
fn map_frame(bundle: &Bundle, line: &str) -> Option<(String, bool)> {
    let frame = line.trim_start().strip_prefix("at ")?;
    let (name, place) = match frame.strip_suffix(')').and_then(|frame| frame.rsplit_once(" (")) {
        Some((name, place)) => (name, place),
        None => ("", frame),
    };
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let position = map_position(bundle, file, line.parse().ok()?, column.parse().ok()?)?;
    let internal = position.file.contains(INTERNAL);
    let Position { file, line, column } = position;
    let text = match name {
        "" | "<anonymous>" | "<eval>" => format!("    at {file}:{line}:{column}"),
        name => format!("    at {name} ({file}:{line}:{column})"),
    };
    Some((text, internal))
}

#[cfg(test)]
mod tests;
