//! `concave serve`: open the data, start the runtime, serve, and stop in the opposite order.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use db::Database;
use functions::Runtime;
use platform::Platform;
use server::{Instance, Listeners, OtlpSettings, RunningServer, ServerOptions};
use storage::blobs::BlobStore;
use storage::{FjallEngine, FjallOptions};
use tokio::signal::unix::{SignalKind, signal};

use crate::args::ServeOptions;
use crate::banner::banner;
use crate::data_dir::{DataDir, Wanted};
use crate::logging;

pub fn run(options: ServeOptions) -> Result<ExitCode> {
    logging::start(&options.log)?;
    async_runtime()?.block_on(async {
        let server = Server::start(&options).await?;
        for line in banner(&server.client_origin, &server.site_origin, &options.data.data_dir) {
            eprintln!("{line}");
        }
        stop_signal().await?;
        tracing::info!("stopping");
        server.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

pub fn async_runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the async runtime")
}

/// Returns at Ctrl-C or SIGTERM.
pub async fn stop_signal() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// A server with everything under it.
pub struct Server {
    pub instance: Instance,
    pub client_origin: String,
    pub site_origin: String,
    running: RunningServer,
    runtime: Runtime,
    database: Database,
}

impl Server {
    pub async fn start(options: &ServeOptions) -> Result<Server> {
        let otlp = OtlpSettings::read(|name| std::env::var(name).ok()).context("set up the export of metrics")?;
        let client = SocketAddr::new(options.host, options.port);
        let site = SocketAddr::new(options.host, options.site_port);
        let mut listeners = Listeners::bind(client, site).await?;
        let metrics_address = match options.metrics_port {
            Some(port) => Some(listeners.bind_metrics(SocketAddr::new(options.metrics_host, port)).await?),
            None => None,
        };
        let data_dir = DataDir::new(&options.data.data_dir);
        let wanted = Wanted { name: options.instance_name.clone(), secret: options.instance_secret.clone() };
        let instance = data_dir.open_instance(&wanted)?;
        let server_options = ServerOptions {
            client_origin: origin(&options.cloud_origin, listeners.client_address),
            site_origin: origin(&options.site_origin, listeners.site_address),
            redact: options.redact,
            instance: instance.clone(),
        };
        let platform = Platform::real();
        let database_dir = data_dir.database();
        let (files, files_dir) = (options.files.clone(), data_dir.files());
        let mut runtime_options = functions::Options {
            cloud_url: server_options.client_origin.clone(),
            site_url: server_options.site_origin.clone(),
            instance_name: instance.name.clone(),
            redact: options.redact,
            actions: options.actions.bounds(),
            node: Some(options.node.options(&data_dir.node())),
            ..functions::Options::default()
        };
        // Opening reads files, and the runtime compiles the deployed code: neither belongs on an async thread.
        let opened = tokio::task::spawn_blocking(move || -> Result<(Database, Runtime)> {
            let engine = FjallEngine::open(&database_dir, FjallOptions::default())?;
            let database = Database::open(Arc::new(engine), platform.clone(), db::Options::default())
                .context("open the database")?;
            // After the engine, whose lock says that the directory is ours.
            runtime_options.blobs = files.open(&files_dir)?;
            let runtime = Runtime::start(database.clone(), platform, runtime_options).context("start the runtime")?;
            Ok((database, runtime))
        });
        let (database, runtime) = opened.await.context("open the database")??;
        tokio::spawn(check_files(runtime.options().blobs.clone()));
        let (client_origin, site_origin) = (server_options.client_origin.clone(), server_options.site_origin.clone());
        let mut running = server::serve(listeners, server_options, runtime.clone());
        if let Some(settings) = otlp {
            running.export_metrics(settings)?;
        }
        if let Some(address) = metrics_address {
            tracing::info!(%address, "serving metrics");
        }
        Ok(Server { instance, client_origin, site_origin, running, runtime, database })
    }

    /// Lets requests in flight finish, then stops what is below.
    pub async fn stop(self) {
        let Server { running, runtime, database, .. } = self;
        running.shutdown().await;
        let stopped = tokio::task::spawn_blocking(move || {
            runtime.shutdown();
            database.shutdown();
        });
        if stopped.await.is_err() {
            tracing::error!("the database did not stop cleanly");
        }
    }
}

/// Says early that files cannot be reached; everything else works without them.
async fn check_files(blobs: BlobStore) {
    if let Err(error) = blobs.check().await {
        tracing::error!(store = ?blobs, error = format!("{:#}", anyhow::Error::from(error)), "cannot reach the stored files");
    }
}

/// The given URL, or the address we listen on; an address for every interface is reached through the local one.
fn origin(given: &Option<String>, address: SocketAddr) -> String {
    if let Some(given) = given {
        return given.trim_end_matches('/').to_owned();
    }
    let host = match address.ip() {
        IpAddr::V4(host) if host.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(host) if host.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        host => host,
    };
    format!("http://{}", SocketAddr::new(host, address.port()))
}

#[cfg(test)]
mod tests;
