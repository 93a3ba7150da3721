//! A pool over a scratch folder, the test app, and a host that tests script.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use node::{
    ActionError, BlobDownload, BlobUpload, Environment, ExecuteOutcome, ExecuteRequest, HostError, LogLine,
    ModuleSource, NodeError, NodeHost, Package, Pool, PoolOptions,
};
use platform::{Platform, SimulatedClock};
use tokio::sync::{Notify, Semaphore};

pub const TIMEOUT: Duration = Duration::from_secs(600);

pub struct Fixture {
    pub pool: Pool,
    pub package: Arc<Package>,
    pub environment: Arc<Environment>,
    pub clock: SimulatedClock,
    pub host: Host,
    pub folder: tempfile::TempDir,
}

pub fn module(path: &str, source: &str) -> ModuleSource {
    ModuleSource { path: path.to_owned(), source: source.to_owned(), source_map: None }
}

pub fn library() -> ModuleSource {
    module("_deps/library.js", include_str!("library.js"))
}

pub fn environment(pairs: &[(&str, &str)]) -> Arc<Environment> {
    let variables: BTreeMap<String, String> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Arc::new(Environment::new(variables))
}

impl Fixture {
    pub async fn new() -> Fixture {
        Fixture::with(vec![module("app.js", include_str!("app.js"))], None, |_| {}).await
    }

    pub async fn with(
        mut modules: Vec<ModuleSource>,
        external: Option<Arc<node::ExternalPackages>>,
        change: impl FnOnce(&mut PoolOptions),
    ) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let (platform, clock) = Platform::simulated(1);
        let mut options = PoolOptions { platform, ..PoolOptions::new(folder.path().join("node")) };
        change(&mut options);
        let pool = Pool::new(options).unwrap();
        modules.push(library());
        let package = pool.materialize(modules, external, None).await.unwrap();
        Fixture { pool, package, environment: environment(&[]), clock, host: Host::default(), folder }
    }

    pub fn request(&self, export: &str, args: &str) -> ExecuteRequest {
        ExecuteRequest {
            package: self.package.clone(),
            module: "app.js".to_owned(),
            export: export.to_owned(),
            args: format!("[{args}]"),
            environment: self.environment.clone(),
            timeout: TIMEOUT,
        }
    }

    pub async fn execute(&self, export: &str, args: &str) -> Result<ExecuteOutcome, NodeError> {
        self.pool.execute(self.request(export, args), &self.host).await
    }

    /// The result of an action that succeeds.
    pub async fn call(&self, export: &str, args: &str) -> String {
        self.execute(export, args).await.unwrap().result.unwrap()
    }

    /// The error of an action that fails.
    pub async fn fail(&self, export: &str, args: &str) -> ActionError {
        self.execute(export, args).await.unwrap().result.unwrap_err()
    }
}

/// Content type, claimed size, claimed digest, bytes.
pub type Upload = (Option<String>, u64, Option<String>, Vec<u8>);

/// Answers queries by their name, remembers everything else.
pub struct Host {
    pub lines: Mutex<Vec<LogLine>>,
    pub syscalls: Mutex<Vec<(String, String)>>,
    pub uploads: Mutex<Vec<Upload>>,
    /// Told for each line.
    pub line_written: Notify,
    /// Told when an action asks for `reached`.
    pub reached: Notify,
    /// One permit for each action waiting at `gate`.
    pub waiting: Semaphore,
    /// Lets actions through `gate`.
    pub open: Semaphore,
}

impl Default for Host {
    fn default() -> Host {
        Host {
            lines: Mutex::default(),
            syscalls: Mutex::default(),
            uploads: Mutex::default(),
            line_written: Notify::new(),
            reached: Notify::new(),
            waiting: Semaphore::new(0),
            open: Semaphore::new(0),
        }
    }
}

impl Host {
    pub fn texts(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        lines.iter().map(|line| format!("[{}] {}", line.level.name(), line.messages.join(" "))).collect()
    }
}

#[async_trait]
impl NodeHost for Host {
    async fn syscall(&self, name: &str, args: &str) -> Result<String, HostError> {
        self.syscalls.lock().unwrap().push((name.to_owned(), args.to_owned()));
        let args: serde_json::Value = serde_json::from_str(args).unwrap();
        match args["name"].as_str().unwrap_or(name) {
            "gate" => {
                self.waiting.add_permits(1);
                self.open.acquire().await.unwrap().forget();
                Ok("null".to_owned())
            }
            "reached" => {
                self.reached.notify_one();
                Ok("null".to_owned())
            }
            "refused" => Err(HostError { message: "no".to_owned(), data: Some(r#"{"why":"because"}"#.to_owned()) }),
            "unknown" => Err(HostError::new("Unknown async operation unknown")),
            other => Ok(serde_json::json!({ "asked": other, "args": args["args"] }).to_string()),
        }
    }

    async fn store_blob(&self, mut upload: BlobUpload) -> Result<String, HostError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = upload.body.next().await {
            bytes.extend_from_slice(&chunk.map_err(|error| HostError::new(error.to_string()))?);
        }
        self.uploads.lock().unwrap().push((upload.content_type, upload.size, upload.sha256, bytes));
        Ok("stored".to_owned())
    }

    async fn get_blob(&self, storage_id: &str) -> Result<Option<BlobDownload>, HostError> {
        match storage_id {
            "missing" => Ok(None),
            "refused" => Err(HostError::new("not an id")),
            size => {
                let bytes: Vec<u8> = (0..size.parse::<usize>().unwrap()).map(|i| (i % 251) as u8).collect();
                Ok(Some(BlobDownload::from_bytes(Some("image/png".to_owned()), Bytes::from(bytes))))
            }
        }
    }

    fn log_line(&self, line: LogLine) {
        self.lines.lock().unwrap().push(line);
        self.line_written.notify_one();
    }
}
