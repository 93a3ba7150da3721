//! Flags and their environment variables. What is written here is what `--help` says.

mod actions;
mod files;
mod node;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use actions::ActionOptions;
pub use files::FileOptions;
pub use node::NodeArguments;

#[derive(Parser, Debug)]
#[command(
    name = "concave",
    version,
    about = "An independent backend that is compatible with Convex.",
    long_about = "An independent backend that is compatible with Convex: documents, TypeScript functions as \
                  serializable transactions, and live queries, in one binary.\n\n\
                  Run `concave dev` inside an app to serve it and push its functions as you edit them. \
                  Run `concave serve` to serve only, and point the app's own tools at it.",
    after_help = "Exit codes: 0 success, 1 failure, 2 wrong usage, 3 data directory or port in use."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the server until Ctrl-C or SIGTERM
    ///
    /// Documents, deployed code and the instance's secret live in the data directory, which is created on the first
    /// start. One server at a time can use it.
    Serve(ServeOptions),
    /// Run the server and the app's `npx convex dev` together
    ///
    /// Serves on the usual ports and runs `npx convex dev` in the project folder, pointed at this server. Ctrl-C
    /// stops both. Needs Node.js 20 or newer, with the app's packages installed.
    Dev(DevOptions),
    /// Print an admin key for a data directory
    ///
    /// Only the key goes to standard output, so it can be used as
    /// `CONVEX_SELF_HOSTED_ADMIN_KEY=$(concave key)`. Works while the server is running. Every key stays valid as
    /// long as the instance keeps its name and secret.
    Key(KeyOptions),
    /// Make keys without a data directory
    Keygen {
        #[command(subcommand)]
        command: KeygenCommand,
    },
}

#[derive(Subcommand, Debug)]
pub enum KeygenCommand {
    /// Print an admin key for an instance name and secret
    AdminKey(KeygenOptions),
}

#[derive(Args, Clone, Debug)]
pub struct DataDirOption {
    /// Folder that holds everything the server keeps
    #[arg(long, value_name = "DIR", env = "CONCAVE_DATA_DIR", default_value = ".concave")]
    pub data_dir: PathBuf,
}

#[derive(Args, Clone, Debug)]
pub struct ServeOptions {
    #[command(flatten)]
    pub data: DataDirOption,

    /// Address to listen on; 0.0.0.0 for every network interface
    #[arg(long, value_name = "ADDRESS", env = "CONCAVE_HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// Port of the API and the realtime protocol; 0 picks a free one
    #[arg(long, env = "CONCAVE_PORT", default_value_t = 3210)]
    pub port: u16,

    /// Port of HTTP actions; 0 picks a free one
    #[arg(long, env = "CONCAVE_SITE_PORT", default_value_t = 3211)]
    pub site_port: u16,

    /// URL at which clients reach the API [default: http://HOST:PORT]
    #[arg(long, value_name = "URL", env = "CONCAVE_CLOUD_ORIGIN")]
    pub cloud_origin: Option<String>,

    /// URL at which HTTP actions are reached [default: http://HOST:SITE_PORT]
    #[arg(long, value_name = "URL", env = "CONCAVE_SITE_ORIGIN")]
    pub site_origin: Option<String>,

    /// Name in front of admin keys; kept in the data directory [default: what is there, or "concave"]
    #[arg(long, value_name = "NAME", env = "CONCAVE_INSTANCE_NAME")]
    pub instance_name: Option<String>,

    /// Secret behind admin keys, 64 hex digits; kept in the data directory [default: what is there, or a random one]
    #[arg(long, value_name = "HEX", env = "CONCAVE_INSTANCE_SECRET", hide_env_values = true)]
    pub instance_secret: Option<String>,

    /// Hide error texts and log lines from clients
    #[arg(long, env = "CONCAVE_REDACT")]
    pub redact: bool,

    /// Port of its own for metrics, which anybody who reaches it can read; 0 picks a free one [default: none]
    #[arg(long, value_name = "PORT", env = "CONCAVE_METRICS_PORT")]
    pub metrics_port: Option<u16>,

    /// Address that the port for metrics listens on
    #[arg(long, value_name = "ADDRESS", env = "CONCAVE_METRICS_HOST", default_value = "127.0.0.1")]
    pub metrics_host: IpAddr,

    #[command(flatten)]
    pub files: FileOptions,

    #[command(flatten)]
    pub actions: ActionOptions,

    #[command(flatten)]
    pub node: NodeArguments,

    #[command(flatten)]
    pub log: LogOptions,
}

#[derive(Args, Clone, Debug)]
pub struct LogOptions {
    /// How log lines look
    #[arg(long, value_enum, value_name = "FORMAT", env = "CONCAVE_LOG_FORMAT", default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Which log lines appear, such as `debug` or `warn,server=debug` [default: our own from info, others from warn]
    #[arg(long, value_name = "FILTER", env = "CONCAVE_LOG")]
    pub log: Option<String>,

    /// Where log lines go
    #[arg(long, value_enum, value_name = "OUTPUT", env = "CONCAVE_LOG_TO", default_value_t = LogOutput::Stderr)]
    pub log_to: LogOutput,

    /// Log each execution of a function, and what it prints
    #[arg(long, env = "CONCAVE_LOG_FUNCTIONS")]
    pub log_functions: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogOutput {
    Stderr,
    Stdout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Args, Clone, Debug)]
pub struct DevOptions {
    /// Folder with the app's package.json
    #[arg(value_name = "PROJECT", default_value = ".")]
    pub project: PathBuf,

    #[command(flatten)]
    pub serve: ServeOptions,

    /// Arguments handed on to `npx convex dev`
    #[arg(last = true, value_name = "ARGS")]
    pub convex: Vec<String>,
}

#[derive(Args, Clone, Debug)]
pub struct KeyOptions {
    #[command(flatten)]
    pub data: DataDirOption,

    /// A key that can look and run queries, but change nothing
    #[arg(long)]
    pub read_only: bool,
}

#[derive(Args, Clone, Debug)]
pub struct KeygenOptions {
    #[arg(long, value_name = "NAME")]
    pub instance_name: String,

    /// 64 hex digits
    #[arg(long, value_name = "HEX")]
    pub instance_secret: String,

    /// A key that can look and run queries, but change nothing
    #[arg(long)]
    pub read_only: bool,
}

#[cfg(test)]
mod tests;
