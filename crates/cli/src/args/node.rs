//! How `"use node"` actions are run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use functions::node_actions::NodeOptions;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Actions in Node.js")]
pub struct NodeArguments {
    /// Node.js that runs "use node" actions, version 20 or later; everything else works without it
    /// [default: `node` on PATH]
    ///
    /// May be given several times: the first runs every app but those that ask for the version of another one.
    #[arg(long, value_name = "FILE", env = "CONCAVE_NODE_BINARY", value_delimiter = ',')]
    pub node_binary: Vec<PathBuf>,

    /// Node.js processes at once; each runs many actions
    #[arg(long, value_name = "COUNT", env = "CONCAVE_NODE_PROCESSES_MAX", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub node_processes_max: u16,

    /// Heap of each Node.js process, in MiB
    #[arg(long, value_name = "MIB", env = "CONCAVE_NODE_MEMORY_MB", default_value_t = 512,
          value_parser = clap::value_parser!(u32).range(32..))]
    pub node_memory_mb: u32,

    /// Seconds until a Node.js process that nobody uses is ended
    #[arg(long, value_name = "SECONDS", env = "CONCAVE_NODE_IDLE_TIMEOUT", default_value_t = 30)]
    pub node_idle_timeout: u64,

    /// Seconds that a "use node" action may take
    #[arg(long, value_name = "SECONDS", env = "CONCAVE_NODE_ACTION_TIMEOUT", default_value_t = 600,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub node_action_timeout: u64,
}

impl NodeArguments {
    /// The app's modules and packages go to `folder`.
    pub fn options(&self, folder: &Path) -> NodeOptions {
        let mut binaries = self.node_binary.iter().cloned();
        NodeOptions {
            binary: binaries.next(),
            other_binaries: binaries.collect(),
            processes_max: self.node_processes_max.into(),
            memory_mb: self.node_memory_mb,
            idle_ttl: Duration::from_secs(self.node_idle_timeout),
            timeout: Duration::from_secs(self.node_action_timeout),
            ..NodeOptions::new(folder.to_owned())
        }
    }
}
