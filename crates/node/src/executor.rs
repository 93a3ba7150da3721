//! The JavaScript that runs inside the processes, written to disk once.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

const FILES: [(&str, &str); 8] = [
    ("main.mjs", include_str!("executor/main.mjs")),
    ("channel.mjs", include_str!("executor/channel.mjs")),
    ("calls.mjs", include_str!("executor/calls.mjs")),
    ("errors.mjs", include_str!("executor/errors.mjs")),
    ("console.mjs", include_str!("executor/console.mjs")),
    ("convex.mjs", include_str!("executor/convex.mjs")),
    ("modules.mjs", include_str!("executor/modules.mjs")),
    ("analyze.mjs", include_str!("executor/analyze.mjs")),
];

/// Writes the program below `scratch` and returns its first file.
pub(crate) fn write(scratch: &Path) -> io::Result<PathBuf> {
    let folder = scratch.join("executor");
    fs::create_dir_all(&folder)?;
    for (name, source) in FILES {
        fs::write(folder.join(name), source)?;
    }
    Ok(fs::canonicalize(folder)?.join("main.mjs"))
}
