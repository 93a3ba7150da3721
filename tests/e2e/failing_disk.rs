//! A disk that takes no more: writes fail, what was acknowledged stays, reading goes on.

use std::process::Command;

use e2e::{Server, StartOptions};
use serde_json::{Value, json};

/// Forbids the process to let any file grow past `bytes`, as a full disk would.
fn limit_file_size(pid: u32, bytes: &str) {
    let run = Command::new("prlimit").args(["--pid", &pid.to_string(), &format!("--fsize={bytes}:unlimited")]).status();
    assert!(run.expect("prlimit (util-linux) is installed").success());
}

// The server's log lies on the full disk too. A line that could not be written used to end the thread that stores
// commits, by a panic of the logger, and every later mutation waited for ever.
#[test]
fn a_full_disk_fails_writes_and_loses_nothing_acknowledged() {
    let mut server = Server::with_app_and(StartOptions { ignore_file_size_signal: true });
    let add = |server: &Server, rank: usize| {
        server.http.call("mutation", "notes:add", json!({ "list": "full", "text": "t", "rank": rank }))
    };
    let ranks = |server: &Server| server.http.call("query", "notes:ranked", json!({ "list": "full" }));
    for rank in 0..5 {
        add(&server, rank).unwrap();
    }

    limit_file_size(server.pid(), "1");
    let mut acknowledged = 5;
    let refused = (5..200).find_map(|rank| match add(&server, rank) {
        Ok(_) => {
            acknowledged = rank + 1;
            None
        }
        Err(error) => Some(error),
    });
    let refused = refused.expect("a disk that takes nothing refuses a write");
    assert!(!refused.starts_with("200"), "a failed write is the server's failure, not the function's: {refused}");
    // Once a write has failed, none is acknowledged until the store was opened anew.
    limit_file_size(server.pid(), "unlimited");
    assert!(add(&server, 900).is_err());
    assert_eq!(ranks(&server).unwrap().as_array().map(Vec::len), Some(acknowledged), "reading goes on");

    server.restart();
    let found = ranks(&server).unwrap();
    let found = found.as_array().unwrap();
    for rank in 0..acknowledged {
        assert!(found.contains(&Value::from(rank as f64)), "{rank} was acknowledged and is lost");
    }
    add(&server, 901).unwrap();
}
