//! Pushes: how new code gets into a deployment.
//!
//! A push takes three steps. [`start_push`] evaluates and analyses the code, stores its sources and submits its
//! schema; nothing becomes callable. [`wait_for_schema`] follows the check of stored documents and the building
//! of indexes. [`finish_push`] makes everything active in one transaction and swaps the running snapshot.
//! JavaScript runs on a thread of its own, so that a push takes no worker from the traffic.
//!
//! **Invariant:** snapshots are activated in the order of their commits, because whoever commits one holds
//! [`Gate`] until it is active.

mod analysis;
mod auth_urls;
mod definition;
mod delete_component;
mod diff;
mod errors;
mod evaluate;
mod finish;
mod listing;
mod modules;
mod node_modules;
mod pending;
mod prediction;
mod probes;
mod request;
mod schema;
pub(crate) mod sources;
mod start;
pub(crate) mod tables;
mod test_query;
mod tree;
mod wait;

pub use analysis::{AppAnalysis, ComponentAnalysis};
pub use definition::DefinitionExport;
pub use delete_component::delete_component;
pub use diff::{ComponentDiff, CronDiff, InstanceChange, PushDiff};
pub use evaluate::PushThreadError;
pub use finish::{FinishRequest, finish_push};
pub use listing::{UserTable, user_tables};
pub use prediction::{IndexChange, IndexPrediction, PushPrediction, SchemaPrediction, TableOutcome, TablePrediction};
pub use request::{AppDefinition, ComponentDefinition, ModuleInput, PushRequest, UnchangedModule};
pub use schema::EvaluatedSchema;
pub use sources::SourceText;
pub use start::{SchemaChange, StartedPush, evaluate_push, evaluate_schema, start_push};
pub use test_query::{TestQuery, run_test_query};
pub use tree::{MountTree, PlannedMount};
pub use wait::{ComponentProgress, SchemaProgress, wait_for_schema};

pub use node::Dependency as NodeDependency;

pub use db::schema::{IndexDescription, IndexKind};
pub use db::{IndexDiff, IndexState, SchemaId};

pub(crate) use analysis::{AUTH_MODULE, evaluate_auth};
pub(crate) use errors::{database_error, load_error};
pub(crate) use evaluate::{Evaluator, on_push_thread};
pub(crate) use finish::schema_text;

use tokio::sync::{Mutex, Semaphore};

/// Pushes and environment changes that may evaluate code at the same time; each holds a heap and the sources.
const EVALUATIONS_MAX: usize = 2;

/// What keeps changes of one deployment apart; shared by all its snapshots.
pub(crate) struct Gate {
    /// Held from before a change commits until its snapshot is active.
    pub switching: Mutex<()>,
    pub evaluations: Semaphore,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate { switching: Mutex::new(()), evaluations: Semaphore::new(EVALUATIONS_MAX) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
