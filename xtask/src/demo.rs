//! `cargo xtask demo`: the server and the chat example, from nothing to a page in the browser.

mod children;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, program, run_quietly};
use crate::{command, places, tools};
use children::Children;

const EXAMPLE: &str = "examples/chat";
const READY_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub fn run() -> Result<()> {
    let stopped = stop_signal()?;
    tools::npm_packages(EXAMPLE)?;
    println!("building the server");
    command::run(&mut cargo(&["build", "--package", "cli"]))?;
    let scratch = Scratch::new()?;
    let ports = Ports::choose()?;
    let mut children = Children::default();

    let mut server = program(places::server_binary());
    server.arg("serve").arg("--data-dir").arg(&scratch.path);
    server.args(["--port", &ports.api.to_string(), "--site-port", &ports.site.to_string()]);
    children.start("the server", &mut server, &scratch.path.with_extension("log"))?;
    wait_for(ports.api, &mut children, &stopped)?;

    let key =
        run_quietly(program(places::server_binary()).args(["key", "--data-dir"]).arg(&scratch.path))?.trim().to_owned();
    let url = format!("http://127.0.0.1:{}", ports.api);
    println!("pushing the functions of {EXAMPLE}");
    push(&url, &key)?;

    let mut page = program("node");
    page.args([
        "node_modules/vite/bin/vite.js",
        "--host",
        "127.0.0.1",
        "--strictPort",
        "--port",
        &ports.page.to_string(),
    ]);
    page.current_dir(places::root().join(EXAMPLE)).env("VITE_CONVEX_URL", &url);
    children.start("the page", &mut page, &scratch.path.with_extension("page.log"))?;
    wait_for(ports.page, &mut children, &stopped)?;

    announce(&ports, &url, &key);
    children.wait(&stopped)
}

/// A channel that hears of Ctrl-C or a request to end.
fn stop_signal() -> Result<mpsc::Receiver<()>> {
    let (sender, receiver) = mpsc::channel();
    // After the first signal nobody listens any more, and that is fine.
    ctrlc::set_handler(move || sender.send(()).unwrap_or(())).context("listen for Ctrl-C")?;
    Ok(receiver)
}

fn push(url: &str, key: &str) -> Result<()> {
    let mut convex = program("npx");
    convex.args(["convex", "dev", "--once", "--tail-logs", "disable"]).current_dir(places::root().join(EXAMPLE));
    convex.env_remove("CONVEX_DEPLOYMENT").env("CONVEX_SELF_HOSTED_URL", url).env("CONVEX_SELF_HOSTED_ADMIN_KEY", key);
    // A push never asks anything, so it may as well not have a terminal.
    run_quietly(&mut convex)?;
    Ok(())
}

fn announce(ports: &Ports, url: &str, key: &str) {
    println!();
    println!("  Chat          http://127.0.0.1:{}   open it in two windows", ports.page);
    println!("  Server        {url}");
    println!("  HTTP actions  http://127.0.0.1:{}", ports.site);
    println!();
    println!("  To use the official CLI on it, in {EXAMPLE}:");
    println!("    export CONVEX_SELF_HOSTED_URL='{url}'");
    println!("    export CONVEX_SELF_HOSTED_ADMIN_KEY='{key}'");
    println!("    npx convex data messages");
    println!();
    println!("  Ctrl-C stops everything and removes the data.");
}

/// Where the three parts listen.
struct Ports {
    api: u16,
    site: u16,
    page: u16,
}

impl Ports {
    fn choose() -> Result<Ports> {
        Ok(Ports { api: free_port(3210)?, site: free_port(3211)?, page: free_port(5173)? })
    }
}

fn free_port(preferred: u16) -> Result<u16> {
    if TcpListener::bind((Ipv4Addr::LOCALHOST, preferred)).is_ok() {
        return Ok(preferred);
    }
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .context("find a free port")?;
    println!("port {preferred} is taken, using {}", other.port());
    Ok(other.port())
}

fn wait_for(port: u16, children: &mut Children, stopped: &mpsc::Receiver<()>) -> Result<()> {
    let end = Instant::now() + READY_MAX;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        children.all_alive()?;
        if stopped.try_recv().is_ok() {
            bail!("stopped");
        }
        if Instant::now() > end {
            bail!("nothing listens on port {port} after {} s", READY_MAX.as_secs());
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// The demo's data directory, gone when the demo ends.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new() -> Result<Scratch> {
        let path = places::target().join("demo").join(std::process::id().to_string());
        std::fs::create_dir_all(&path).with_context(|| format!("make {}", path.display()))?;
        Ok(Scratch { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the target directory, where it harms nobody.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
