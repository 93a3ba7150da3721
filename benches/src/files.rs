//! `files`: how fast files stream in and out, and what memory that takes, beside Node's HTTP server doing the same.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::try_join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    Size, apps,
    concave::Concave,
    http::{self, Connection},
    machine,
    process::Guard,
    report::Report,
    scratch::Scratch,
    stats::Spread,
};

/// Size of one file, in bytes.
const FILE_BYTES: usize = 256 << 20;
const FILE_BYTES_QUICK: usize = 64 << 20;

/// Files on their way at once. Count.
const AT_ONCE: usize = 4;

/// Rounds of both directions. Count.
const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 2;

/// Bytes written to a socket at once.
const WRITE_BYTES: usize = 64 << 10;

/// Longest reply head, in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// How often memory is looked at while files move.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What one server did.
#[derive(Default)]
struct Measured {
    up_mb_per_s: Vec<f64>,
    down_mb_per_s: Vec<f64>,
    idle_mb: f64,
    peak_mb: f64,
}

/// Where a file goes to, or comes from.
struct Address {
    port: u16,
    path: String,
}

pub async fn run(size: Size) -> Result<Report> {
    let scratch = Scratch::new()?;
    let bytes = size.pick(FILE_BYTES_QUICK, FILE_BYTES);
    let rounds = size.pick(ROUNDS_QUICK, ROUNDS);
    let concave = Concave::start(&scratch.join("concave")).await?;
    concave.push("messages")?;
    let node = Node::start(&scratch)?;
    let (mut ours, mut theirs) = (Measured::default(), Measured::default());
    ours.idle_mb = concave.resident_mb()?;
    theirs.idle_mb = resident_mb(node.guard.id())?;
    for _ in 0..rounds {
        round(&Target::Concave(&concave), bytes, &mut ours).await?;
        round(&Target::Node(&node), bytes, &mut theirs).await?;
    }
    Ok(report(bytes, &ours, &theirs))
}

struct Node {
    guard: Guard,
    port: u16,
}

impl Node {
    fn start(scratch: &Scratch) -> Result<Node> {
        let folder = scratch.join("node-files");
        std::fs::create_dir(&folder).context("make the peer's folder")?;
        let mut command = Command::new("node");
        command.arg("files.mjs").current_dir(apps::folder().join("peer")).env("FOLDER", folder).stdout(Stdio::piped());
        let mut guard = Guard::spawn(&mut command, "TERM")?;
        let port = guard.line_after("listening ")?.parse().context("read the peer's port")?;
        Ok(Node { guard, port })
    }
}

enum Target<'a> {
    Concave(&'a Concave),
    Node(&'a Node),
}

impl Target<'_> {
    fn process(&self) -> u32 {
        match self {
            Target::Concave(concave) => concave.process_id(),
            Target::Node(node) => node.guard.id(),
        }
    }

    async fn upload_address(&self) -> Result<Address> {
        match self {
            Target::Concave(concave) => {
                let mut connection = Connection::open(concave.port).await?;
                let url = http::call(&mut connection, "/api/mutation", "files:uploadUrl", json!({})).await?;
                address(concave.port, url.as_str().context("an upload address is text")?)
            }
            Target::Node(node) => Ok(Address { port: node.port, path: "/".to_owned() }),
        }
    }

    async fn download_address(&self, id: &str) -> Result<Address> {
        match self {
            Target::Concave(concave) => {
                let mut connection = Connection::open(concave.port).await?;
                let url = http::call(&mut connection, "/api/query", "files:url", json!({ "id": id })).await?;
                address(concave.port, url.as_str().context("a stored file has an address")?)
            }
            Target::Node(node) => Ok(Address { port: node.port, path: format!("/{id}") }),
        }
    }
}

/// The path of `url`, on the port where the server is known to listen.
fn address(port: u16, url: &str) -> Result<Address> {
    let rest = url.split_once("://").context("an address has a scheme")?.1;
    let path = rest.find('/').map(|start| rest[start..].to_owned()).context("an address has a path")?;
    Ok(Address { port, path })
}

async fn round(target: &Target<'_>, bytes: usize, measured: &mut Measured) -> Result<()> {
    let watched = watch(target.process(), transfer_all(target, bytes)).await?;
    measured.peak_mb = measured.peak_mb.max(watched.peak_mb);
    measured.up_mb_per_s.push(watched.up_mb_per_s);
    measured.down_mb_per_s.push(watched.down_mb_per_s);
    Ok(())
}

struct Round {
    up_mb_per_s: f64,
    down_mb_per_s: f64,
    peak_mb: f64,
}

async fn transfer_all(target: &Target<'_>, bytes: usize) -> Result<(f64, f64)> {
    let megabytes = (bytes * AT_ONCE) as f64 / (1 << 20) as f64;
    let start = Instant::now();
    let ids = try_join_all((0..AT_ONCE).map(async |_| upload(&target.upload_address().await?, bytes).await)).await?;
    let up = megabytes / start.elapsed().as_secs_f64();
    let start = Instant::now();
    let received = try_join_all(ids.iter().map(async |id| download(&target.download_address(id).await?).await)).await?;
    let down = megabytes / start.elapsed().as_secs_f64();
    ensure!(received.iter().all(|count| *count == bytes), "files came back with {received:?} bytes, not {bytes}");
    Ok((up, down))
}

/// Runs `work` and remembers the most memory that `process` held meanwhile.
async fn watch(process: u32, work: impl Future<Output = Result<(f64, f64)>>) -> Result<Round> {
    let mut work = std::pin::pin!(work);
    let mut peak_mb = resident_mb(process)?;
    loop {
        tokio::select! {
            done = &mut work => {
                let (up_mb_per_s, down_mb_per_s) = done?;
                return Ok(Round { up_mb_per_s, down_mb_per_s, peak_mb });
            }
            () = tokio::time::sleep(LOOK_EVERY) => peak_mb = peak_mb.max(resident_mb(process)?),
        }
    }
}

fn resident_mb(process: u32) -> Result<f64> {
    Ok(machine::resident_bytes(process)? as f64 / (1 << 20) as f64)
}

/// Sends one file; its id.
async fn upload(address: &Address, bytes: usize) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", address.port)).await.context("connect")?;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: {bytes}\r\n\r\n",
        address.path
    );
    stream.write_all(head.as_bytes()).await.context("send the head")?;
    let chunk = vec![0x5a; WRITE_BYTES];
    let mut left = bytes;
    while left > 0 {
        let count = left.min(chunk.len());
        stream.write_all(&chunk[..count]).await.context("send the file")?;
        left -= count;
    }
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.context("read the reply")?;
    let json = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let parsed: serde_json::Value = serde_json::from_str(json).with_context(|| format!("the reply is {reply:?}"))?;
    Ok(parsed["storageId"].as_str().with_context(|| format!("the reply is {reply:?}"))?.to_owned())
}

/// Fetches one file; its bytes are counted, not kept.
async fn download(address: &Address) -> Result<usize> {
    let mut stream = TcpStream::connect(("127.0.0.1", address.port)).await.context("connect")?;
    let head = format!("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", address.path);
    stream.write_all(head.as_bytes()).await.context("send the request")?;
    let (mut buffer, mut start) = (vec![0; WRITE_BYTES], Vec::new());
    let mut body = loop {
        let count = stream.read(&mut buffer).await.context("read the head")?;
        ensure!(count > 0 && start.len() < HEAD_BYTES_MAX, "no whole reply head came");
        start.extend_from_slice(&buffer[..count]);
        if let Some(end) = start.windows(4).position(|window| window == b"\r\n\r\n") {
            break start.len() - end - 4;
        }
    };
    if !start.starts_with(b"HTTP/1.1 200") {
        bail!("{} answered {}", address.path, String::from_utf8_lossy(&start));
    }
    loop {
        match stream.read(&mut buffer).await.context("read the file")? {
            0 => return Ok(body),
            count => body += count,
        }
    }
}

fn report(bytes: usize, ours: &Measured, theirs: &Measured) -> Report {
    let mut report = Report {
        name: "files",
        sketch: vec![
            "Both hash with SHA-256 (about 1.5 GB/s a core with its instructions) and write to the page cache, then sync: the disk decides.".into(),
            "Down: the page cache to a socket, above 1 GB/s.".into(),
            "Memory: a few parts of a few MB for each file on its way.".into(),
        ],
        headings: vec!["what", "Concave", "Node"],
        notes: vec![format!("{AT_ONCE} files of {} MB at once, median of the rounds with lowest and highest", bytes >> 20)],
        ..Report::default()
    };
    let (up, down) = (Spread::of(&ours.up_mb_per_s), Spread::of(&ours.down_mb_per_s));
    let (node_up, node_down) = (Spread::of(&theirs.up_mb_per_s), Spread::of(&theirs.down_mb_per_s));
    report.row(["upload (MB/s)", &up.text(0), &node_up.text(0)]);
    report.row(["download (MB/s)", &down.text(0), &node_down.text(0)]);
    report.row(["memory before (MB)", &format!("{:.0}", ours.idle_mb), &format!("{:.0}", theirs.idle_mb)]);
    report.row(["most memory meanwhile (MB)", &format!("{:.0}", ours.peak_mb), &format!("{:.0}", theirs.peak_mb)]);
    report.figure("upload_mb_per_s", up.median);
    report.figure("download_mb_per_s", down.median);
    report.figure("upload_over_node", up.median / node_up.median);
    report.figure("download_over_node", down.median / node_down.median);
    report.figure("peak_mb", ours.peak_mb);
    report.figure("node_peak_mb", theirs.peak_mb);
    report
}
