//! Starts the shipped binary in a directory of its own, and ends it again.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::http::Http;
use crate::{app, until};

const READY_MAX: Duration = Duration::from_secs(30);
const EXIT_MAX: Duration = Duration::from_secs(30);

/// The executable under test: `CONCAVE_BIN`, or the one cargo built next to the running test.
///
/// Panics: when there is none, saying how to build it.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CONCAVE_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test
        .ancestors()
        .find(|dir| dir.ends_with("deps"))
        .and_then(Path::parent)
        .expect("tests run from target/<profile>/deps");
    let path = profile.join("concave");
    assert!(path.exists(), "{} is missing: run `cargo build -p cli`, or set CONCAVE_BIN", path.display());
    path
}

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(i32),
}

#[derive(Default)]
pub struct StartOptions {
    /// Writes that a limit on file sizes forbids fail, instead of ending the process.
    pub ignore_file_size_signal: bool,
}

pub struct Server {
    child: Child,
    directory: tempfile::TempDir,
    options: StartOptions,
    port: u16,
    site_port: u16,
    pub key: String,
    pub http: Http,
}

impl Server {
    /// Starts a server on an empty store.
    pub fn empty() -> Server {
        Server::on(tempfile::tempdir().expect("make a scratch directory"), StartOptions::default())
    }

    /// Starts a server that already runs the test app.
    pub fn with_app() -> Server {
        Server::with_app_and(StartOptions::default())
    }

    pub fn with_app_and(options: StartOptions) -> Server {
        let directory = tempfile::tempdir().expect("make a scratch directory");
        copy_directory(app::template(), directory.path());
        Server::on(directory, options)
    }

    fn on(directory: tempfile::TempDir, options: StartOptions) -> Server {
        let [port, site_port] = free_ports();
        let child = spawn(directory.path(), port, site_port, &options);
        let http = Http::new(&format!("http://127.0.0.1:{port}"));
        let mut server = Server { child, directory, options, port, site_port, key: String::new(), http };
        server.wait_until_ready();
        server.key = server.mint_key();
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn data_directory(&self) -> PathBuf {
        data_directory(self.directory.path())
    }

    /// Everything the server printed so far.
    pub fn output(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("output")).unwrap_or_default()
    }

    /// Ends the process as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("kill the server");
        self.child.wait().expect("wait for the killed server");
    }

    /// Asks the server to end and waits for it.
    pub fn stop(&mut self) -> Exit {
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("run kill");
        self.wait_for_exit()
    }

    pub fn wait_for_exit(&mut self) -> Exit {
        let status = until("the server ends", EXIT_MAX, || self.child.try_wait().expect("ask for the exit status"));
        status.code().map(Exit::Code).or(status.signal().map(Exit::Signal)).expect("a process ends by code or signal")
    }

    /// Starts the process again, on the same store and ports, and waits until it answers.
    pub fn start(&mut self) {
        self.start_without_waiting();
        self.wait_until_ready();
    }

    pub fn start_without_waiting(&mut self) {
        self.child = spawn(self.directory.path(), self.port, self.site_port, &self.options);
    }

    pub fn restart(&mut self) {
        self.kill();
        self.start();
    }

    /// Whether the process ended before it answered (`false`) or answers (`true`).
    pub fn answers_or_ends(&mut self) -> bool {
        until("the server answers or ends", READY_MAX, || {
            if self.child.try_wait().expect("ask for the exit status").is_some() {
                return Some(false);
            }
            self.http.is_up().then_some(true)
        })
    }

    fn wait_until_ready(&mut self) {
        assert!(self.answers_or_ends(), "the server ended:\n{}", self.output());
    }

    fn mint_key(&self) -> String {
        let run = Command::new(binary())
            .arg("key")
            .arg("--data-dir")
            .arg(self.data_directory())
            .output()
            .expect("run concave key");
        assert!(run.status.success(), "concave key: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).expect("a key is text").trim().to_owned()
    }

    /// Runs a second server on this one's store, to its end.
    pub fn rival(&self) -> std::process::Output {
        let [port, site_port] = free_ports::<2>();
        serve_command(self.directory.path(), port, site_port).output().expect("run a second server")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn data_directory(directory: &Path) -> PathBuf {
    directory.join("data")
}

fn serve_command(directory: &Path, port: u16, site_port: u16) -> Command {
    let mut command = Command::new(binary());
    command.arg("serve").arg("--data-dir").arg(data_directory(directory));
    command.args(["--port", &port.to_string(), "--site-port", &site_port.to_string()]);
    command
}

fn spawn(directory: &Path, port: u16, site_port: u16, options: &StartOptions) -> Child {
    let output =
        File::options().create(true).append(true).open(directory.join("output")).expect("open the output file");
    let mut command = serve_command(directory, port, site_port);
    if options.ignore_file_size_signal {
        // An ignored signal stays ignored in the program that replaces the shell.
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
        command = shell;
    }
    let errors = output.try_clone().expect("share the output file");
    command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn().expect("start the server")
}

/// Ports that were free a moment ago, all different.
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind(("127.0.0.1", 0)).expect("bind a free port"));
    listeners.map(|listener| listener.local_addr().expect("a bound socket has an address").port())
}

pub(crate) fn copy_directory(source: &Path, target: &Path) {
    std::fs::create_dir_all(target).expect("make a directory");
    for entry in std::fs::read_dir(source).expect("list a directory") {
        let entry = entry.expect("read a directory entry");
        let to = target.join(entry.file_name());
        if entry.file_type().expect("know what an entry is").is_dir() {
            copy_directory(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), &to).expect("copy a file");
        }
    }
}
