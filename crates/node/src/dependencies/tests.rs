//! Which sets of packages are accepted, and what becomes of npm's answer.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use super::{Dependency, Installer, Tools, is_name, is_version};

fn dependency(name: &str, version: &str) -> Dependency {
    Dependency { name: name.to_owned(), version: version.to_owned() }
}

/// Tools with a script in npm's place.
fn tools(folder: &tempfile::TempDir, script: &str) -> Tools {
    let npm = folder.path().join("npm");
    fs::write(&npm, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&npm, fs::Permissions::from_mode(0o755)).unwrap();
    Tools { node: PathBuf::from("node"), npm, version: "v20.0.0".to_owned() }
}

#[test]
fn only_plain_names_and_exact_versions_are_packages() {
    for name in ["sharp", "@aws-sdk/client-s3", "left.pad_x"] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", "../x", "@scope", "@/x", "a b", "a/b"] {
        assert!(!is_name(name), "{name}");
    }
    assert!(is_version("1.2.3-beta.1+5"));
    for version in ["", "^1.0.0", "latest", "file:/etc", "git+https://x", "1.0 || 2.0"] {
        assert!(!is_version(version), "{version}");
    }
}

// `"use node"` modules analysed in the node executor with external packages installed at the exact versions.
#[tokio::test]
async fn a_set_is_installed_once_at_its_exact_versions() {
    let folder = tempfile::tempdir().unwrap();
    let installer = Installer::new(folder.path().join("external")).unwrap();
    let script = "cat package.json >> \"$HOME/asked\"; echo >> \"$HOME/asked\"; mkdir -p node_modules/b; echo x > node_modules/b/index.js";
    let tools = tools(&folder, &format!("HOME={}; {script}", folder.path().display()));
    let set = [dependency("b", "2.0.1"), dependency("@a/c", "1.0.0")];
    let first = installer.install(&tools, &set).await.unwrap();
    let reversed = [set[1].clone(), set[0].clone()];
    assert_eq!(installer.install(&tools, &reversed).await.unwrap().id(), first.id());
    assert!(first.folder().join("node_modules/b/index.js").is_file());
    let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
    assert_eq!(asked.lines().count(), 1);
    assert!(asked.contains(r#""dependencies":{"@a/c":"1.0.0","b":"2.0.1"}"#), "{asked}");
    let other = installer.install(&tools, &set[..1]).await.unwrap();
    assert_ne!(other.id(), first.id());
}

#[tokio::test]
async fn sets_nobody_holds_are_removed_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let installer = Installer::new(folder.path().join("external")).unwrap();
    let tools = tools(&folder, "exit 0");
    let held = installer.install(&tools, &[dependency("a", "1.0.0")]).await.unwrap();
    let dropped = installer.install(&tools, &[dependency("a", "2.0.0")]).await.unwrap();
    let path = dropped.folder().to_owned();
    drop(dropped);
    assert!(path.is_dir(), "dropping alone removes nothing: a restarted server finds its packages");
    installer.drop_unused().await.unwrap();
    assert!(!path.exists());
    assert!(held.folder().is_dir());
}

#[tokio::test]
async fn a_failed_installation_shows_the_end_of_npms_output_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let installer = Installer::new(folder.path().join("external")).unwrap();
    let tools = tools(&folder, "echo 'npm error 404 no such package' >&2; exit 7");
    let error = installer.install(&tools, &[dependency("nope", "1.0.0")]).await.unwrap_err();
    assert_eq!(error.code(), "InvalidExternalModules");
    assert!(error.to_string().contains("npm error 404 no such package"), "{error}");
    assert_eq!(fs::read_dir(folder.path().join("external")).unwrap().count(), 0);
}

#[tokio::test]
async fn inexact_versions_never_reach_npm() {
    let folder = tempfile::tempdir().unwrap();
    let installer = Installer::new(folder.path().join("external")).unwrap();
    let tools = tools(&folder, "exit 0");
    let error = installer.install(&tools, &[dependency("x", "file:/etc")]).await.unwrap_err();
    assert_eq!(error.code(), "InvalidExternalModules");
}
