//! The second step of a push: follow the check of stored documents and the building of indexes.

use std::collections::BTreeMap;
use std::time::Duration;

use db::{Namespace, SchemaId, SchemaState};

use crate::Runtime;

/// How far the submitted schemas of a push are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaProgress {
    /// By component path.
    InProgress(BTreeMap<String, ComponentProgress>),
    Failed {
        component: String,
        error: String,
        table: Option<String>,
    },
    /// A later push submitted another schema.
    RaceDetected,
    Complete,
}

/// How far one schema is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentProgress {
    pub validation_complete: bool,
    pub indexes_complete: usize,
    pub indexes_total: usize,
}

/// Waits until all schemas are checked and their indexes are built, at most `timeout`; a dry run does not wait for
/// indexes. `ids` are by component path.
pub async fn wait_for_schema(
    runtime: &Runtime,
    ids: &BTreeMap<String, SchemaId>,
    timeout: Duration,
    dry_run: bool,
) -> SchemaProgress {
    let mut changes = runtime.database().wait_schema_change();
    let deadline = runtime.platform().sleep(timeout);
    tokio::pin!(deadline);
    loop {
        changes.borrow_and_update();
        let progress = progress(runtime, ids, dry_run);
        if !matches!(progress, SchemaProgress::InProgress(_)) {
            return progress;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return progress },
            () = &mut deadline => return progress,
        }
    }
}

fn progress(runtime: &Runtime, ids: &BTreeMap<String, SchemaId>, dry_run: bool) -> SchemaProgress {
    let (mut components, mut waiting) = (BTreeMap::new(), false);
    for (path, id) in ids {
        // A schema's id says which namespace it is of.
        let (done, progress) = match runtime.database().schema_state(Namespace::ROOT, *id) {
            SchemaState::Failed { error, table } => {
                return SchemaProgress::Failed { component: path.clone(), error, table };
            }
            SchemaState::Overwritten => return SchemaProgress::RaceDetected,
            SchemaState::Ready | SchemaState::Active => {
                (true, ComponentProgress { validation_complete: true, indexes_complete: 0, indexes_total: 0 })
            }
            SchemaState::Pending { indexes_complete, indexes_total, validated, .. } => {
                let progress = ComponentProgress { validation_complete: validated, indexes_complete, indexes_total };
                (validated && dry_run, progress)
            }
        };
        waiting |= !done;
        components.insert(path.clone(), progress);
    }
    if waiting { SchemaProgress::InProgress(components) } else { SchemaProgress::Complete }
}
