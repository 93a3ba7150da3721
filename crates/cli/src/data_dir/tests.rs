use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{DataDir, Wanted};

#[test]
fn the_first_start_makes_an_identity_and_later_ones_keep_it() {
    let parent = tempfile::tempdir().expect("a directory");
    let path = parent.path().join("new/data");
    let directory = DataDir::new(&path);
    assert!(directory.existing_instance().is_err());
    let first = directory.open_instance(&Wanted::default()).expect("opens");
    assert_eq!(first.name, "concave");
    for again in [directory.open_instance(&Wanted::default()), directory.existing_instance()] {
        let again = again.expect("opens");
        assert_eq!((again.name, again.secret), (first.name.clone(), first.secret));
    }
    let mode = fs::metadata(path.join("instance_secret")).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn secrets_differ_between_directories() {
    let (one, two) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let secret_of = |path| DataDir::new(path).open_instance(&Wanted::default()).expect("opens").secret;
    assert_ne!(secret_of(one.path()), secret_of(two.path()));
}

#[test]
fn what_is_asked_for_is_kept() {
    let parent = tempfile::tempdir().expect("a directory");
    let directory = DataDir::new(parent.path());
    directory.open_instance(&Wanted::default()).expect("opens");
    let wanted = Wanted { name: Some("mine".into()), secret: Some("07".repeat(32)) };
    directory.open_instance(&wanted).expect("opens");
    let kept = directory.existing_instance().expect("opens");
    assert_eq!((kept.name.as_str(), kept.secret), ("mine", [7; 32]));
}

#[test]
fn unusable_names_and_secrets_are_refused() {
    let parent = tempfile::tempdir().expect("a directory");
    let directory = DataDir::new(parent.path());
    for name in ["", "a|b", "dev:x", "a b", &"x".repeat(65)] {
        let wanted = Wanted { name: Some(name.into()), secret: None };
        assert!(directory.open_instance(&wanted).is_err(), "{name}");
    }
    let wanted = Wanted { name: None, secret: Some("short".into()) };
    assert!(directory.open_instance(&wanted).is_err());
    assert!(directory.existing_instance().is_err(), "nothing was kept");
}
