//! Which crate may use which: the drawing in STYLE.md section 1, read off the manifests.

use super::{Finding, SourceFile};

/// For each crate, the crates of ours it may name.
const ARROWS: [(&str, &[&str]); 13] = [
    ("value", &[]),
    ("platform", &[]),
    ("storage", &["value", "platform"]),
    ("search", &["value", "platform"]),
    ("db", &["search", "storage", "value", "platform"]),
    ("js", &["value", "platform"]),
    ("node", &["value", "platform"]),
    ("functions", &["js", "node", "db", "search", "storage", "value", "platform"]),
    ("sync", &["functions", "js", "node", "db", "search", "storage", "value", "platform"]),
    ("server", &["sync", "functions", "js", "node", "db", "search", "storage", "value", "platform"]),
    ("advisor", &["value", "platform"]),
    ("cli", &["server", "advisor", "sync", "functions", "js", "node", "db", "search", "storage", "value", "platform"]),
    ("sim", &["cli", "server", "sync", "functions", "js", "node", "db", "search", "storage", "value", "platform"]),
];

/// Heavy dependencies and the crates that may name each: one, but for types that another library passes on.
const OWNERS: [(&str, &[&str]); 12] = [
    ("rquickjs-sys", &["js"]),
    ("rquickjs", &["js"]),
    ("fjall", &["storage"]),
    ("tokio-postgres", &["storage"]),
    ("axum", &["server"]),
    ("tower", &["server"]),
    ("tower-http", &["server"]),
    ("hyper", &["server", "functions"]),
    ("jsonwebtoken", &["server"]),
    ("tantivy", &["search"]),
    ("usearch", &["search"]),
    ("oxc", &["advisor"]),
];

pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let Some(name) = file.path.strip_prefix("crates/").and_then(|rest| rest.strip_suffix("/Cargo.toml")) else {
            continue;
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(ours, _)| *ours == name) else {
            findings.push(Finding::error(&file.path, format!("crate {name} is not in the drawing of STYLE.md")));
            continue;
        };
        for dependency in dependencies(&file.text) {
            let ours = ARROWS.iter().any(|(ours, _)| *ours == dependency);
            if ours && !allowed.contains(&dependency) {
                findings.push(Finding::error(
                    &file.path,
                    format!("{name} may not use {dependency}: it is not drawn below it"),
                ));
            }
            let owners = OWNERS.iter().find(|(heavy, owners)| *heavy == dependency && !owners.contains(&name));
            if let Some((_, owners)) = owners {
                let owners = owners.join(" and ");
                findings.push(Finding::error(&file.path, format!("only {owners} may name {dependency}")));
            }
        }
    }
    findings
}

/// The names under `[dependencies]`; development dependencies may be anything.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let mut within = false;
    manifest.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with('[') {
            within = line == "[dependencies]" || line == "[build-dependencies]";
            return None;
        }
        let name = line.split(['.', ' ', '=']).next().unwrap_or("");
        (within && !name.is_empty() && !name.starts_with('#')).then_some(name)
    })
}

#[cfg(test)]
mod tests;
