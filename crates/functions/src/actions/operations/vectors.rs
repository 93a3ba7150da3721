//! `ctx.vectorSearch`.

use db::{BeginAt, VectorSearch};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Answer, Failure, Operations};
use crate::SystemError;
use crate::host::{arguments, developer_error};

#[derive(Deserialize)]
struct VectorSearchArgs {
    query: Json,
}

impl Operations {
    /// Searches the newest durable state of the component that the action is in.
    pub(super) async fn vector_search(&self, json: &str) -> Answer {
        let args: VectorSearchArgs = arguments("vectorSearch", json)?;
        let search = VectorSearch::from_json(&args.query).map_err(failure)?;
        let context = self.context();
        let (database, namespace) = (context.runtime.database().clone(), context.namespace);
        // Looking at all vectors of a large table takes a while.
        let searched = tokio::task::spawn_blocking(move || {
            let mut tx = database.begin(BeginAt::Durable)?;
            tx.vector_search(namespace, &search)
        });
        let found = searched.await.map_err(SystemError::internal)?.map_err(failure)?;
        let results = found.into_iter().map(|(id, score)| json!({ "_id": id.encode(), "_score": score }));
        Ok(json!({ "results": results.collect::<Vec<_>>() }).to_string())
    }
}

fn failure(error: db::Error) -> Failure {
    match developer_error(error) {
        Ok(error) => {
            Failure::App(js::HostError { message: error.message, data: error.data, kind: js::HostErrorKind::Developer })
        }
        Err(error) => Failure::System(error),
    }
}
