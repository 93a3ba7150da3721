//! How many actions run, and for how long.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use clap::Args;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Actions")]
pub struct ActionOptions {
    /// Longest time one action may take, in seconds, waiting included [default: 1800]
    #[arg(long, value_name = "SECONDS", env = "CONCAVE_ACTION_TIMEOUT")]
    pub action_timeout: Option<NonZeroU64>,

    /// Actions under way at once; others wait in line [default: 1024]
    #[arg(long, value_name = "COUNT", env = "CONCAVE_ACTIONS_MAX")]
    pub actions_max: Option<NonZeroUsize>,

    /// Scheduled and cron actions under way at once [default: 128]
    #[arg(long, value_name = "COUNT", env = "CONCAVE_JOB_ACTIONS_MAX")]
    pub job_actions_max: Option<NonZeroUsize>,

    /// Threads that run the JavaScript of actions [default: one for each core]
    #[arg(long, value_name = "COUNT", env = "CONCAVE_ACTION_THREADS")]
    pub action_threads: Option<NonZeroUsize>,
}

impl ActionOptions {
    /// What the runtime is told; what was not asked for is as it always is.
    pub fn bounds(&self) -> functions::ActionOptions {
        let mut bounds = functions::ActionOptions::default();
        if let Some(seconds) = self.action_timeout {
            bounds.wall_time = Duration::from_secs(seconds.get());
        }
        if let Some(count) = self.actions_max {
            bounds.running_max = count.get();
        }
        if let Some(count) = self.job_actions_max {
            bounds.jobs_running_max = count.get();
        }
        if let Some(count) = self.action_threads {
            bounds.threads = count.get();
        }
        bounds
    }
}
