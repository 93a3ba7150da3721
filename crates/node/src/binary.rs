//! Finds Node.js and npm on this machine.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::NodeError;

const MAJOR_MIN: u32 = 20;

/// The programs a pool runs.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) node: PathBuf,
    pub(crate) npm: PathBuf,
    /// `v20.1.0`
    pub(crate) version: String,
}

/// Finds the programs, unless told where they are, and checks the version of Node.js.
pub(crate) async fn find(node: Option<&Path>, npm: Option<&Path>) -> Result<Tools, NodeError> {
    let node = match node {
        Some(node) => node.to_owned(),
        None => on_path("node").ok_or_else(|| NodeError::NotInstalled("`node` was not found on PATH".to_owned()))?,
    };
    let version = version_of(&node).await?;
    if major(&version).is_none_or(|major| major < MAJOR_MIN) {
        let why = format!("{} is {version}, version {MAJOR_MIN} or later is needed", node.display());
        return Err(NodeError::NotInstalled(why));
    }
    let beside = || node.parent().map(|folder| folder.join("npm")).filter(|npm| npm.is_file());
    let npm = npm.map(Path::to_owned).or_else(beside).or_else(|| on_path("npm")).unwrap_or_else(|| "npm".into());
    Ok(Tools { node, npm, version })
}

async fn version_of(node: &Path) -> Result<String, NodeError> {
    let failed = |why: String| NodeError::NotInstalled(format!("{} --version: {why}", node.display()));
    let output = Command::new(node).arg("--version").output().await.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn on_path(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name.as_ref())).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_are_read_by_their_major_number() {
        assert_eq!(super::major("v20.1.0"), Some(20));
        assert_eq!(super::major("garbage"), None);
    }
}
