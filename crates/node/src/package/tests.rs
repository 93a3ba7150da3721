//! Packages on disk.

use super::{Environment, ModuleSource, Packages, is_module_path};

fn module(path: &str, source: &str) -> ModuleSource {
    ModuleSource { path: path.to_owned(), source: source.to_owned(), source_map: None }
}

#[test]
fn paths_stay_below_the_package() {
    for path in ["a.js", "_deps/node/AB12.js", "dir/b.c.js"] {
        assert!(is_module_path(path), "{path}");
    }
    for path in ["", "../a.js", "/etc/passwd", "a//b.js", "a b.js", "a\n.js", "./a.js"] {
        assert!(!is_module_path(path), "{path}");
    }
}

#[test]
fn the_same_modules_are_the_same_package_while_it_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let packages = Packages::open(folder.path().join("packages")).unwrap();
    let first = packages.materialize(&[module("a.js", "1"), module("b.js", "2")], None, None).unwrap();
    let again = packages.materialize(&[module("b.js", "2"), module("a.js", "1")], None, None).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    let other = packages.materialize(&[module("a.js", "3")], None, None).unwrap();
    assert_ne!(first.hash(), other.hash());
    let newer = packages.materialize(&[module("a.js", "1"), module("b.js", "2")], None, Some(22)).unwrap();
    assert_ne!(first.hash(), newer.hash(), "another version of Node.js runs in processes of its own");
}

#[test]
fn a_replaced_package_leaves_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let packages = Packages::open(folder.path().join("packages")).unwrap();
    let package = packages.materialize(&[module("dir/a.js", "1")], None, None).unwrap();
    let on_disk = package.folder().to_owned();
    assert_eq!(std::fs::read_to_string(on_disk.join("user/dir/a.js")).unwrap(), "1");
    drop(package);
    assert!(!on_disk.exists());
}

#[test]
fn opening_removes_what_an_earlier_run_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packages");
    std::fs::create_dir_all(path.join("stale")).unwrap();
    Packages::open(path.clone()).unwrap();
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 0);
}

#[test]
fn environments_are_told_apart_by_every_variable() {
    let of = |pairs: &[(&str, &str)]| {
        Environment::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()).hash()
    };
    assert_eq!(of(&[("A", "1")]), of(&[("A", "1")]));
    assert_ne!(of(&[("A", "1")]), of(&[("A", "2")]));
    assert_ne!(of(&[("A", "1B")]), of(&[("A1", "B")]));
}
