//! The shipped `concave` binary, as a child on a free port.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    apps,
    http::Connection,
    machine,
    process::{self, Guard},
};

/// How long the server may take until it answers.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a starting server is tried.
const START_POLL: Duration = Duration::from_millis(1);

/// A running server over one data folder.
pub struct Concave {
    guard: Guard,
    pub port: u16,
    data: PathBuf,
}

impl Concave {
    /// Starts the server and waits until it listens.
    pub async fn start(data: &Path) -> Result<Concave> {
        let mut server = Concave::spawn(data)?;
        server.wait_for(async |connection| connection.post("/api/query_ts", "").await.map(drop)).await?;
        Ok(server)
    }

    /// Starts the server without waiting.
    pub fn spawn(data: &Path) -> Result<Concave> {
        let port = process::free_port()?;
        let log = std::fs::File::create(data.with_extension("log")).context("create the server's log")?;
        let guard = Guard::spawn(
            Command::new(binary()?)
                .arg("serve")
                .arg("--data-dir")
                .arg(data)
                .args(["--port", &port.to_string(), "--site-port", &process::free_port()?.to_string()])
                .stdout(Stdio::null())
                .stderr(log),
            "TERM",
        )?;
        Ok(Concave { guard, port, data: data.to_owned() })
    }

    /// Tries `probe` on new connections until it succeeds.
    pub async fn wait_for(&mut self, probe: impl AsyncFn(&mut Connection) -> Result<()>) -> Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let tried = match Connection::open(self.port).await {
                Ok(mut connection) => probe(&mut connection).await,
                Err(error) => Err(error),
            };
            let Err(error) = tried else { return Ok(()) };
            if !self.guard.is_running() || Instant::now() > deadline {
                let log = std::fs::read_to_string(self.data.with_extension("log")).unwrap_or_default();
                bail!("concave does not answer: {error:#}\n{log}");
            }
            tokio::time::sleep(START_POLL).await;
        }
    }

    /// Pushes one of `apps/` to it.
    pub fn push(&self, app: &str) -> Result<()> {
        let key = process::output(Command::new(binary()?).arg("key").arg("--data-dir").arg(&self.data))?;
        apps::push(app, &format!("http://127.0.0.1:{}", self.port), key.trim())
    }

    pub fn resident_mb(&self) -> Result<f64> {
        Ok(machine::resident_bytes(self.guard.id())? as f64 / (1 << 20) as f64)
    }

    pub fn process_id(&self) -> u32 {
        self.guard.id()
    }

    /// Ends it as a crash would.
    pub fn kill(self) {
        self.guard.kill();
    }
}

/// The release binary beside this one, built when run through Cargo.
pub fn binary() -> Result<&'static Path> {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = BINARY.get() {
        return Ok(path);
    }
    if let Some(path) = std::env::var_os("CONCAVE_BENCH_BINARY") {
        return Ok(BINARY.get_or_init(|| path.into()));
    }
    if let Some(cargo) = std::env::var_os("CARGO") {
        eprintln!("building concave");
        process::output(
            Command::new(cargo).args(["build", "--release", "-p", "cli"]).current_dir(env!("CARGO_MANIFEST_DIR")),
        )?;
    }
    let own = std::env::current_exe().context("find this binary")?;
    let path = own.with_file_name("concave");
    if !path.exists() {
        bail!("{} is missing: run `cargo build --release -p cli`", path.display());
    }
    Ok(BINARY.get_or_init(|| path))
}
