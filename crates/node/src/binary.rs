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

/// Where to look for them.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    /// The Node.js for everybody; found on `PATH` when not given.
    pub(crate) node: Option<&'a Path>,
    /// Others, for those who want their version.
    pub(crate) others: &'a [PathBuf],
    /// The npm that goes with `node`; found beside it or on `PATH` when not given.
    pub(crate) npm: Option<&'a Path>,
    /// The wanted major version.
    pub(crate) major: Option<u32>,
}

/// Finds the programs. When the wanted version is nowhere, it is the Node.js for everybody.
pub(crate) async fn find(search: Search<'_>) -> Result<Tools, NodeError> {
    let node = search.node.map(Path::to_owned).or_else(|| on_path("node"));
    let default = match node {
        Some(node) => tools(node, search.npm).await,
        None => Err(NodeError::NotInstalled("`node` was not found on PATH".to_owned())),
    };
    let Some(wanted) = search.major else { return default };
    let is_wanted = |tools: &Tools| major(&tools.version) == Some(wanted);
    if default.as_ref().is_ok_and(is_wanted) {
        return default;
    }
    let named = on_path(format!("node{wanted}"));
    for other in search.others.iter().cloned().chain(named) {
        match tools(other, None).await {
            Ok(found) if is_wanted(&found) => return Ok(found),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a Node.js for apps that ask for its version cannot be used"),
        }
    }
    default
}

/// Checks the version of `node`, and finds its npm.
async fn tools(node: PathBuf, npm: Option<&Path>) -> Result<Tools, NodeError> {
    let version = version_of(&node).await?;
    if major(&version).is_none_or(|major| major < MAJOR_MIN) {
        let why = format!("{} is {version}, version {MAJOR_MIN} or later is needed", node.display());
        return Err(NodeError::NotInstalled(why));
    }
    // A link such as `node22` leads to the folder that has its npm.
    let folders = node.parent().map(Path::to_owned).into_iter().chain(home(&node));
    let beside = || folders.map(|folder| folder.join("npm")).find(|npm| npm.is_file());
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

/// The folder that a program is in once links are followed.
pub(crate) fn home(program: &Path) -> Option<PathBuf> {
    program.canonicalize().ok()?.parent().map(Path::to_owned)
}

fn on_path(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name.as_ref())).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A program in `folder` that says it is Node.js of this version.
    fn node(folder: &Path, name: &str, version: &str) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\necho {version}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[tokio::test]
    async fn the_wanted_version_is_taken_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("v22");
        fs::create_dir(&home).unwrap();
        let (default, new) = (node(folder.path(), "node", "v20.1.0"), node(&home, "node", "v22.3.0"));
        fs::write(home.join("npm"), "").unwrap();
        let link = folder.path().join("node22");
        std::os::unix::fs::symlink(&new, &link).unwrap();
        let others = [folder.path().join("missing"), node(folder.path(), "old", "v16.0.0"), link];
        let find = async |major: Option<u32>| {
            let search = Search { node: Some(&default), others: &others, npm: Some(Path::new("/npm")), major };
            let Tools { version, npm, .. } = find(search).await.unwrap();
            (version, npm)
        };
        let everybodys = ("v20.1.0".to_owned(), PathBuf::from("/npm"));
        assert_eq!(find(None).await, everybodys);
        assert_eq!(find(Some(20)).await, everybodys);
        assert_eq!(find(Some(22)).await, ("v22.3.0".to_owned(), home.canonicalize().unwrap().join("npm")));
        assert_eq!(find(Some(24)).await, everybodys, "nothing has that version");
        let missing = folder.path().join("nowhere");
        let search = Search { node: Some(&missing), others: &others, npm: None, major: Some(22) };
        assert_eq!(super::find(search).await.unwrap().version, "v22.3.0");
        let error = super::find(Search { major: Some(24), ..search }).await.unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
    }

    #[test]
    fn versions_are_read_by_their_major_number() {
        assert_eq!(major("v20.1.0"), Some(20));
        assert_eq!(major("garbage"), None);
    }
}
