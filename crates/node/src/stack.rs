//! Turns V8's stack lines into the frames a developer expects.
//!
//! V8 writes `    at name (file:///…/user/dir/file.js:12:5)`; a frame in a pushed module is looked up in that
//! module's source map and written as `    at name (../convex/dir/file.ts:8:11)`, or with the module's own
//! `convex:/user/` address where there is no map. Frames of Node itself and of the executor are dropped, those of
//! the client library only at both ends.

use crate::Package;

/// Files whose frames are trimmed from the head and the tail of a trace.
const INTERNAL: &str = "convex/src/server/impl";

/// A place in the author's source; both count from one.
pub(crate) struct Position {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Maps every frame, dropping those that are not the developer's.
pub(crate) fn map_frames(package: &Package, lines: &[String]) -> Vec<String> {
    let mut frames: Vec<(String, bool)> = lines.iter().filter_map(|line| map_frame(package, line)).collect();
    let kept = frames.iter().rposition(|(_, internal)| !internal).map_or(0, |last| last + 1);
    frames.truncate(kept);
    frames.into_iter().skip_while(|(_, internal)| *internal).map(|(line, _)| line).collect()
}

/// Rewrites the frames inside a console message; everything else stays as it was written.
pub(crate) fn map_message(package: &Package, message: String) -> String {
    if !message.contains("file://") && !message.contains(&*package.folder().to_string_lossy()) {
        return message;
    }
    let lines: Vec<String> = message
        .split('\n')
        .filter_map(|line| match frame_place(line) {
            Some((_, place)) if place.contains("/executor/") && place.starts_with("file://") => None,
            Some(_) => Some(map_frame(package, line).map_or_else(|| line.to_owned(), |(frame, _)| frame)),
            None => Some(line.to_owned()),
        })
        .collect();
    package.hide_paths(&lines.join("\n"))
}

/// Maps a position in the module V8 knows as `file`.
pub(crate) fn map_position(package: &Package, file: &str, line: u32, column: u32) -> Option<Position> {
    let path = file.strip_prefix(package.user_url())?;
    if !package.contains(path) {
        return None;
    }
    let Some(map) = package.source_map(path) else {
        return Some(Position { file: format!("convex:/user/{path}"), line, column });
    };
    let token = map.lookup_token(line.checked_sub(1)?, column.saturating_sub(1))?;
    let file = token.get_source()?.to_owned();
    Some(Position { file, line: token.get_src_line() + 1, column: token.get_src_col() + 1 })
}

/// The frame's text and whether it belongs to the library's internals.
fn map_frame(package: &Package, line: &str) -> Option<(String, bool)> {
    let (name, place) = frame_place(line)?;
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let position = map_position(package, file, line.parse().ok()?, column.parse().ok()?)?;
    let internal = position.file.contains(INTERNAL);
    let Position { file, line, column } = position;
    let text = match name {
        "" | "<anonymous>" => format!("    at {file}:{line}:{column}"),
        "async" => format!("    at async {file}:{line}:{column}"),
        name => format!("    at {name} ({file}:{line}:{column})"),
    };
    Some((text, internal))
}

/// Splits `    at name (place)` or `    at place`.
fn frame_place(line: &str) -> Option<(&str, &str)> {
    let frame = line.trim_start().strip_prefix("at ")?;
    match frame.strip_suffix(')').and_then(|frame| frame.rsplit_once(" (")) {
        Some(split) => Some(split),
        None => Some(frame.strip_prefix("async ").map_or(("", frame), |place| ("async", place))),
    }
}
