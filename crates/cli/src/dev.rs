//! `concave dev`: the server and the app's own `npx convex dev`, side by side.
//!
//! The child gets a process group of its own, so that stopping it also stops what npx has started.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::args::DevOptions;
use crate::banner::banner;
use crate::prefix::{Side, print_line};
use crate::serve::{Server, async_runtime, stop_signal};
use crate::{key, logging};

/// How long the child may take to end by itself.
const CHILD_STOP_DURATION_MAX: Duration = Duration::from_secs(5);

/// Variables that would point the app's tools somewhere else.
const OTHER_TARGETS: &[&str] = &["CONVEX_DEPLOYMENT", "CONVEX_DEPLOY_KEY", "CONVEX_DEPLOYMENT_TOKEN"];

pub fn run(options: DevOptions) -> Result<ExitCode> {
    logging::start_prefixed(&options.serve.log)?;
    check_project(&options.project)?;
    async_runtime()?.block_on(async {
        let server = Server::start(&options.serve).await?;
        for line in banner(&server.client_origin, &server.site_origin, &options.serve.data.data_dir) {
            print_line(Side::Server, &line);
        }
        let outcome = run_beside(&options, &server).await;
        server.stop().await;
        outcome
    })
}

/// Errors: when there is no app to work on.
fn check_project(project: &Path) -> Result<()> {
    if !project.join("package.json").is_file() {
        bail!("{} has no package.json: run this in the app's folder, or name the folder", project.display());
    }
    Ok(())
}

/// Runs the child until it ends or a signal comes.
async fn run_beside(options: &DevOptions, server: &Server) -> Result<ExitCode> {
    let mut child = start_child(options, server)?;
    let lines = [copy_lines(child.stdout.take()), copy_lines(child.stderr.take())];
    let ended = tokio::select! {
        status = child.wait() => Some(status.context("wait for `npx convex dev`")?),
        signal = stop_signal() => {
            signal?;
            None
        }
    };
    let code = match ended {
        Some(status) => {
            print_line(Side::Server, &format!("`npx convex dev` ended ({status}); stopping"));
            exit_code(status)
        }
        None => {
            print_line(Side::Server, "stopping");
            stop_child(&mut child).await;
            ExitCode::SUCCESS
        }
    };
    for task in lines {
        task.abort();
    }
    Ok(code)
}

fn start_child(options: &DevOptions, server: &Server) -> Result<Child> {
    let mut command = Command::new("npx");
    command.args(["convex", "dev"]).args(&options.convex).current_dir(&options.project);
    command.env("CONVEX_SELF_HOSTED_URL", &server.client_origin);
    command.env("CONVEX_SELF_HOSTED_ADMIN_KEY", key::mint(&server.instance, false));
    for name in OTHER_TARGETS {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            anyhow!("`npx` was not found: developing an app needs Node.js 20 or newer (https://nodejs.org)")
        }
        _ => anyhow::Error::new(error).context("start `npx convex dev`"),
    })
}

fn copy_lines(output: Option<impl AsyncRead + Unpin + Send + 'static>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let Some(output) = output else { return };
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            print_line(Side::Convex, &line);
        }
    })
}

/// Asks the child's whole group to end, and insists after a while.
async fn stop_child(child: &mut Child) {
    signal_group(child, "-TERM").await;
    if tokio::time::timeout(CHILD_STOP_DURATION_MAX, child.wait()).await.is_err() {
        signal_group(child, "-KILL").await;
        let _ = child.wait().await;
    }
}

/// Through the `kill` command, as the standard library cannot signal a group.
async fn signal_group(child: &Child, signal: &str) {
    let Some(group) = child.id() else { return };
    let group = format!("-{group}");
    let sent = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status().await;
    if let Err(error) = sent {
        tracing::warn!(%error, "could not signal `npx convex dev`");
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}

#[cfg(test)]
mod tests;
