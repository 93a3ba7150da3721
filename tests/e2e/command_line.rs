//! The binary's own commands.

use std::process::{Command, Output};

use e2e::{Exit, Server, binary};

fn concave(arguments: &[&str]) -> Output {
    Command::new(binary()).args(arguments).output().unwrap()
}

#[test]
fn help_names_every_command() {
    let run = concave(&["--help"]);
    assert!(run.status.success());
    let text = String::from_utf8(run.stdout).unwrap();
    for command in ["serve", "dev", "key", "keygen"] {
        assert!(text.contains(command), "{text}");
    }
}

#[test]
fn version_is_printed() {
    let run = concave(&["--version"]);
    assert!(run.status.success());
    assert!(String::from_utf8(run.stdout).unwrap().starts_with("concave "));
}

#[test]
fn unknown_commands_and_flags_are_refused() {
    for arguments in [&["reverse"][..], &["serve", "--sideways"], &["serve", "--port", "seventy"]] {
        let run = concave(arguments);
        assert!(!run.status.success(), "{arguments:?}");
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_key_names_its_instance_and_opens_the_server() {
    let server = Server::empty();
    let (name, secret) = server.key.split_once('|').unwrap();
    assert!(!name.is_empty() && !secret.is_empty());
    assert!(!server.key.contains([' ', ':', '\n']));
    let query = server.key.replace('|', "%7C");
    assert_eq!(server.http.get(&format!("/api/check_admin_key?adminKey={query}")).unwrap().status, 200);
}

#[test]
fn keys_stay_good_over_a_restart() {
    let mut server = Server::empty();
    let key = server.key.replace('|', "%7C");
    server.restart();
    assert_eq!(server.http.get(&format!("/api/check_admin_key?adminKey={key}")).unwrap().status, 200);
}

#[test]
fn a_second_server_on_the_same_store_is_refused() {
    let server = Server::with_app();
    let rival = server.rival();
    assert_eq!(rival.status.code(), Some(3));
    let said = String::from_utf8_lossy(&rival.stderr).to_lowercase();
    assert!(said.contains("in use") || said.contains("lock") || said.contains("another"), "{said}");
    assert!(server.http.is_up());
}

#[test]
fn a_termination_signal_ends_the_server_cleanly() {
    let mut server = Server::empty();
    assert_eq!(server.stop(), Exit::Code(0), "{}", server.output());
}

#[test]
fn a_key_for_a_directory_without_a_store_is_an_error() {
    let nowhere = tempfile::tempdir().unwrap();
    let run = concave(&["key", "--data-dir", nowhere.path().to_str().unwrap()]);
    assert!(!run.status.success());
    assert!(run.stdout.is_empty());
    assert!(!run.stderr.is_empty());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let server = Server::empty();
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    let elsewhere = tempfile::tempdir().unwrap();
    let directory = elsewhere.path().to_str().unwrap();
    let run = concave(&["serve", "--data-dir", directory, "--port", &port, "--site-port", "0"]);
    assert_eq!(run.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&run.stderr).contains(&port));
}

#[test]
fn a_read_only_key_reads_and_cannot_push() {
    let server = Server::with_app();
    let data = server.data_directory();
    let run = concave(&["key", "--read-only", "--data-dir", data.to_str().unwrap()]);
    let key = String::from_utf8(run.stdout).unwrap().trim().to_owned();
    let asked = format!("/api/check_admin_key?adminKey={}", key.replace('|', "%7C"));
    let answer = server.http.get(&asked).unwrap();
    assert_eq!((answer.status, answer.json()["isReadOnly"].as_bool()), (200, Some(true)));
    let push = format!("{{\"adminKey\":\"{key}\"}}");
    let refused = server.http.post("/api/deploy2/start_push", &push).unwrap();
    assert!((400..=403).contains(&refused.status), "{refused:?}");
}
