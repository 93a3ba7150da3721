//! The second step of a push: follow the check of stored documents and the building of indexes.

use std::time::Duration;

use db::{Namespace, SchemaId, SchemaState};

use crate::Runtime;

/// How far a submitted schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaProgress {
    InProgress {
        validation_complete: bool,
        indexes_complete: usize,
        indexes_total: usize,
    },
    Failed {
        error: String,
        table: Option<String>,
    },
    /// A later push submitted another schema.
    RaceDetected,
    Complete,
}

/// Waits until the schema is checked and its indexes are built, at most `timeout`; a dry run does not wait for indexes.
pub async fn wait_for_schema(runtime: &Runtime, id: SchemaId, timeout: Duration, dry_run: bool) -> SchemaProgress {
    let mut changes = runtime.database().wait_schema_change();
    let deadline = runtime.platform().sleep(timeout);
    tokio::pin!(deadline);
    loop {
        changes.borrow_and_update();
        let progress = progress(runtime.database().schema_state(Namespace::ROOT, id), dry_run);
        if !matches!(progress, SchemaProgress::InProgress { .. }) {
            return progress;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return progress },
            () = &mut deadline => return progress,
        }
    }
}

fn progress(state: SchemaState, dry_run: bool) -> SchemaProgress {
    match state {
        SchemaState::Pending { validated: true, .. } if dry_run => SchemaProgress::Complete,
        SchemaState::Pending { indexes_complete, indexes_total, validated, .. } => {
            SchemaProgress::InProgress { validation_complete: validated, indexes_complete, indexes_total }
        }
        SchemaState::Ready | SchemaState::Active => SchemaProgress::Complete,
        SchemaState::Failed { error, table } => SchemaProgress::Failed { error, table },
        SchemaState::Overwritten => SchemaProgress::RaceDetected,
    }
}
