//! Listening, accepting and stopping.
//!
//! Each connection is a task. Shutting down stops accepting, tells sockets and streams to end, lets requests in
//! flight finish, and gives up on what is left after `SHUTDOWN_DURATION_MAX`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use functions::Runtime;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceBuilder;

use crate::auth::{Authenticator, KeySource, Network, NoNetwork};
use crate::limits::{HEADER_READ_DURATION_MAX, SHUTDOWN_DURATION_MAX};
use crate::options::ServerOptions;
use crate::origin::Peer;
use crate::otlp::{Otlp, OtlpError, OtlpSettings};
use crate::router;
use crate::state::{AppState, Shared};

/// Wait after a failed accept, which usually means too many open files.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
}

/// Both ports, bound but not served yet. Bound first, because the runtime has to know its own address.
pub struct Listeners {
    client: TcpListener,
    site: TcpListener,
    metrics: Option<TcpListener>,
    pub client_address: SocketAddr,
    pub site_address: SocketAddr,
}

impl Listeners {
    /// Binds the API's address and the one of HTTP actions. Port 0 picks a free one.
    ///
    /// Errors: `Listen` when a port cannot be bound.
    pub async fn bind(client: SocketAddr, site: SocketAddr) -> Result<Listeners, ServeError> {
        let (client, client_address) = bind(client).await?;
        let (site, site_address) = bind(site).await?;
        Ok(Listeners { client, site, metrics: None, client_address, site_address })
    }

    /// Binds an address of its own for metrics, which are given to whoever asks there; returns the bound address.
    ///
    /// Errors: as `bind`.
    pub async fn bind_metrics(&mut self, metrics: SocketAddr) -> Result<SocketAddr, ServeError> {
        let (listener, address) = bind(metrics).await?;
        self.metrics = Some(listener);
        Ok(address)
    }
}

/// A server that accepts requests until `shutdown`.
pub struct RunningServer {
    state: AppState,
    acceptors: Vec<JoinHandle<()>>,
    otlp: Option<Otlp>,
}

/// Starts accepting.
pub fn serve(listeners: Listeners, options: ServerOptions, runtime: Runtime) -> RunningServer {
    let state = build_state(options, runtime);
    let mut acceptors = vec![
        tokio::spawn(accept(listeners.client, router::client_router(state.clone()), state.stopping.clone())),
        tokio::spawn(accept(listeners.site, router::site_router(state.clone()), state.stopping.clone())),
    ];
    if let Some(listener) = listeners.metrics {
        let router = crate::metrics::router(state.clone());
        acceptors.push(tokio::spawn(accept(listener, router, state.stopping.clone())));
    }
    RunningServer { state, acceptors, otlp: None }
}

impl RunningServer {
    /// Sockets that are open and calls that outlive their request. Count.
    #[cfg(test)]
    pub(crate) fn open_tasks(&self) -> usize {
        self.state.tasks.len()
    }

    /// Starts pushing metrics to an OpenTelemetry collector.
    ///
    /// Errors: there can be no further thread.
    pub fn export_metrics(&mut self, settings: OtlpSettings) -> Result<(), OtlpError> {
        self.otlp = Some(Otlp::start(&self.state, settings)?);
        Ok(())
    }

    /// Stops accepting, ends sockets, and returns once requests in flight are answered or the time for it is up.
    pub async fn shutdown(self) {
        self.state.stopping.cancel();
        self.state.tasks.close();
        let finished = async {
            for acceptor in self.acceptors {
                if let Err(error) = acceptor.await {
                    tracing::error!(%error, "an accept loop ended badly");
                }
            }
            self.state.tasks.wait().await;
        };
        if tokio::time::timeout(SHUTDOWN_DURATION_MAX, finished).await.is_err() {
            tracing::warn!("gave up on requests still in flight");
        }
        if let Some(otlp) = self.otlp
            && tokio::task::spawn_blocking(|| otlp.shutdown()).await.is_err()
        {
            tracing::error!("the export of metrics ended badly");
        }
    }
}

/// The state behind the routers, which tests of single requests need too.
pub(crate) fn build_state(options: ServerOptions, runtime: Runtime) -> AppState {
    AppState::new(Shared {
        platform: runtime.platform().clone(),
        client_origin: options.client_origin.trim_end_matches('/').to_owned(),
        site_origin: options.site_origin.trim_end_matches('/').to_owned(),
        redact: options.redact,
        auth: Authenticator::new(&options.instance, key_source()),
        instance: options.instance,
        runtime,
        stopping: CancellationToken::new(),
        sockets: AtomicUsize::new(0),
        tasks: TaskTracker::new(),
    })
}

/// Without a way to fetch, tokens of providers with keys in a `data:` address still work.
fn key_source() -> Arc<dyn KeySource> {
    match Network::new() {
        Ok(network) => Arc::new(network),
        Err(error) => {
            tracing::warn!(%error, "keys of identity providers cannot be fetched");
            Arc::new(NoNetwork)
        }
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listen_error = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen_error)?;
    let bound = listener.local_addr().map_err(listen_error)?;
    Ok((listener, bound))
}

/// Accepts until `stopping`, then waits for its connections.
async fn accept(listener: TcpListener, router: Router, stopping: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let http = Arc::new(connection_settings());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => serve_connection((stream, Peer(peer)), &http, &router, &graceful),
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

fn connection_settings() -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_READ_DURATION_MAX);
    http.http2().timer(TokioTimer::new());
    http
}

fn serve_connection(
    (stream, peer): (TcpStream, Peer),
    http: &Arc<auto::Builder<TokioExecutor>>,
    router: &Router,
    graceful: &GracefulShutdown,
) {
    // Replies are written whole, so waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let with_peer = ServiceBuilder::new().map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    });
    let service = TowerToHyperService::new(with_peer.service(router.clone()));
    let connection = http.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended with an error");
        }
    });
}
