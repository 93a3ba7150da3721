use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use super::{check_project, exit_code};

#[test]
fn a_project_has_a_package_file() {
    let folder = tempfile::tempdir().expect("a directory");
    let error = check_project(folder.path()).expect_err("refused").to_string();
    assert!(error.contains("package.json"), "{error}");
    std::fs::write(folder.path().join("package.json"), "{}").expect("writes");
    assert!(check_project(folder.path()).is_ok());
}

#[test]
fn the_childs_exit_code_is_ours() {
    let text = |code: ExitCode| format!("{code:?}");
    assert_eq!(text(exit_code(ExitStatus::from_raw(0))), text(ExitCode::SUCCESS));
    assert_eq!(text(exit_code(ExitStatus::from_raw(7 << 8))), text(ExitCode::from(7)));
    assert_eq!(text(exit_code(ExitStatus::from_raw(9))), text(ExitCode::from(1)), "killed by a signal");
}
