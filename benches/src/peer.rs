//! The peer of `transfer`: Node's HTTP server over PostgreSQL 15, both children of this process.
//!
//! PostgreSQL runs with its defaults (`fsync` and `synchronous_commit` on) in a scratch folder on a loopback port.
//! It refuses to run as root, so root lends it to the `postgres` user. Two Node servers share it, and only one is
//! loaded at a time: one sends its statements as text, as most programs do, the other has them prepared.

use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    apps, machine,
    process::{self, Guard},
    scratch::Scratch,
};

/// Connections of each Node pool: the best of 8, 16, 32 and 64 over both distributions. Count.
const POOL_CONNECTIONS: usize = 32;

/// Where the Debian and PGDG packages keep the server programs, beside `PATH`.
const PROGRAM_FOLDERS: [&str; 3] = ["/usr/lib/postgresql/15/bin", "/usr/pgsql-15/bin", "/usr/local/pgsql/bin"];

/// How long PostgreSQL may take until it accepts connections.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Fields are dropped in this order: Node before the database it speaks to.
pub struct Peer {
    plain: Node,
    prepared: Node,
    postgres: Guard,
    postgres_port: u16,
    programs: PathBuf,
}

/// How the peer sends its statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statements {
    Plain,
    Prepared,
}

struct Node {
    guard: Guard,
    port: u16,
}

impl Peer {
    /// Starts both with `accounts` accounts, numbered from one, of `balance` each.
    pub fn start(scratch: &Scratch, accounts: usize, balance: u64) -> Result<Peer> {
        apps::install()?;
        let programs = programs()?;
        let (data, postgres_port) = (scratch.join("postgres"), process::free_port()?);
        let postgres = start_postgres(&programs, &data, postgres_port)?;
        let sql = format!(
            "CREATE TABLE accounts (id integer PRIMARY KEY, balance double precision NOT NULL);
             INSERT INTO accounts SELECT id, {balance} FROM generate_series(1, {accounts}) id;"
        );
        query(&programs, postgres_port, &sql)?;
        query(&programs, postgres_port, "VACUUM ANALYZE accounts")?;
        let plain = Node::start(postgres_port, Statements::Plain)?;
        let prepared = Node::start(postgres_port, Statements::Prepared)?;
        Ok(Peer { plain, prepared, postgres, postgres_port, programs })
    }

    pub fn port(&self, statements: Statements) -> u16 {
        self.node(statements).port
    }

    fn node(&self, statements: Statements) -> &Node {
        match statements {
            Statements::Plain => &self.plain,
            Statements::Prepared => &self.prepared,
        }
    }

    /// Node, PostgreSQL and PostgreSQL's processes, one per connection among them.
    pub fn process_ids(&self, statements: Statements) -> Result<Vec<u32>> {
        let mut ids = vec![self.node(statements).guard.id(), self.postgres.id()];
        ids.extend(machine::children(self.postgres.id())?);
        Ok(ids)
    }

    /// Number of accounts and sum of their balances.
    pub fn total(&self) -> Result<(u64, f64)> {
        let text = query(&self.programs, self.postgres_port, "SELECT count(*), sum(balance) FROM accounts")?;
        let (count, sum) = text.trim().split_once('|').context("read the total")?;
        Ok((count.parse().context("read the count")?, sum.parse().context("read the sum")?))
    }
}

impl Node {
    fn start(postgres_port: u16, statements: Statements) -> Result<Node> {
        let mut command = Command::new("node");
        command
            .arg("server.mjs")
            .current_dir(apps::folder().join("peer"))
            .envs([("PGHOST", "127.0.0.1"), ("PGUSER", "postgres"), ("PGDATABASE", "postgres")])
            .env("PGPORT", postgres_port.to_string())
            .env("POOL", POOL_CONNECTIONS.to_string())
            .stdout(Stdio::piped());
        if statements == Statements::Prepared {
            command.env("PREPARED", "1");
        }
        let mut guard = Guard::spawn(&mut command, "TERM")?;
        let port = guard.line_after("listening ")?.parse().context("read the peer's port")?;
        Ok(Node { guard, port })
    }
}

fn start_postgres(programs: &Path, data: &Path, port: u16) -> Result<Guard> {
    std::fs::create_dir(data).context("make PostgreSQL's folder")?;
    let owner = owner()?;
    if let Some((user, group)) = owner {
        std::os::unix::fs::chown(data, Some(user), Some(group)).context("give PostgreSQL its folder")?;
    }
    let command = |name: &str| {
        let mut command = Command::new(programs.join(name));
        command.current_dir(data).arg("-D").arg(data);
        if let Some((user, group)) = owner {
            command.uid(user).gid(group);
        }
        command
    };
    process::output(command("initdb").args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]))
        .context("initialise PostgreSQL")?;
    let log = std::fs::File::create(data.with_extension("log")).context("create PostgreSQL's log")?;
    let settings = [format!("port={port}"), "listen_addresses=127.0.0.1".into(), "unix_socket_directories=".into()];
    let mut postgres = command("postgres");
    for setting in settings {
        postgres.arg("-c").arg(setting);
    }
    postgres.stdout(Stdio::null()).stderr(log);
    // SIGINT is PostgreSQL's fast shutdown: it disconnects clients instead of waiting for them.
    let mut guard = Guard::spawn(&mut postgres, "INT")?;
    let deadline = Instant::now() + START_TIMEOUT;
    while query(programs, port, "SELECT 1").is_err() {
        if !guard.is_running() || Instant::now() > deadline {
            bail!(
                "PostgreSQL does not start:\n{}",
                std::fs::read_to_string(data.with_extension("log")).unwrap_or_default()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(guard)
}

/// Runs SQL and returns bare rows, fields separated by `|`.
fn query(programs: &Path, port: u16, sql: &str) -> Result<String> {
    process::output(
        Command::new(programs.join("psql"))
            .args(["-h", "127.0.0.1", "-U", "postgres", "-d", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1"])
            .args(["-p", &port.to_string(), "-c", sql]),
    )
}

/// The folder with `initdb`, `postgres` and `psql`.
fn programs() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let all = PROGRAM_FOLDERS.iter().map(PathBuf::from).chain(on_path);
    let has_all = |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).exists());
    let Some(found) = all.into_iter().find(has_all) else {
        bail!(
            "the transfer benchmark compares with PostgreSQL 15, which is not installed.\n\
             On Debian or Ubuntu: apt-get install postgresql postgresql-client"
        );
    };
    Ok(found)
}

/// User and group to run PostgreSQL as: `None` keeps the current ones.
fn owner() -> Result<Option<(u32, u32)>> {
    let id = |arguments: &[&str]| -> Result<u32> {
        process::output(Command::new("id").args(arguments))?.trim().parse().context("read a user id")
    };
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    Ok(Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?)))
}
