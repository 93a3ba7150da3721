//! The answers to push requests, in the shapes the command line checks.

mod components;

use std::collections::BTreeMap;

use functions::Visibility;
use functions::deploy::{
    ComponentDiff, IndexChange, IndexDescription, IndexDiff, IndexKind, InstanceChange, PushDiff, PushPrediction,
    SchemaChange, SchemaPrediction, SchemaProgress, StartedPush, TableOutcome,
};
use functions::deployment::{AnalyzedFunction, AuthProvider, ComponentCode, CronSpec};
use serde_json::{Map, Value, json};
use value::Validator;

/// The answer to `start_push`; the caller hands it back whole to finish.
///
/// Source: deploy-api 5.7.
pub fn started(push: &StartedPush) -> Value {
    let analysis = &push.analysis;
    let definitions = || analysis.definitions.keys();
    let packages = definitions().map(|path| (path.clone(), Value::from(push.token.as_str())));
    json!({
        "environmentVariables": *push.environment,
        "externalDepsId": analysis.external_deps_id,
        "componentDefinitionPackages": packages.collect::<Map<_, _>>(),
        "appAuth": analysis.auth_providers.iter().map(AuthProvider::to_json).collect::<Vec<_>>(),
        "analysis": definitions().map(|path| (path.clone(), components::evaluated(push, path))).collect::<Map<_, _>>(),
        "app": components::checked(analysis, ""),
        "schemaChange": schema_change(&push.schema_change),
    })
}

fn encoded(value: value::Value) -> Value {
    serde_json::from_str(&value.to_json()).expect("the encoded form is JSON")
}

fn module(path: &str, code: &ComponentCode) -> Value {
    let routes = (path == "http.js").then(|| {
        let routes = code.http_routes.iter();
        routes
            .map(|route| json!({ "route": { "path": route.path, "method": route.method }, "pos": null }))
            .collect::<Vec<_>>()
    });
    let crons = (path == "crons.js").then(|| code.crons.iter().map(cron).collect::<Vec<_>>());
    json!({
        "functions": code.functions[path].iter().map(|f| function(path, f)).collect::<Vec<_>>(),
        "httpRoutes": routes,
        "cronSpecs": crons,
        "sourceMapped": null,
    })
}

fn function(path: &str, function: &AnalyzedFunction) -> Value {
    let text = |validator: &Option<Validator>| validator.as_ref().map(|validator| validator.to_json().to_string());
    let visibility = function.visibility.map(|visibility| match visibility {
        Visibility::Public => json!({ "kind": "public" }),
        Visibility::Internal => json!({ "kind": "internal" }),
    });
    json!({
        "name": function.name,
        // Columns are not kept: the place is where the line begins.
        "pos": function.line.map(|line| json!({ "path": path, "start_lineno": line, "start_col": 1 })),
        "udfType": function.kind.name(),
        "visibility": visibility,
        "args": text(&function.args),
        "returns": text(&function.returns),
    })
}

fn cron(cron: &CronSpec) -> Value {
    json!({
        "identifier": cron.identifier,
        "spec": {
            "udfPath": cron.path.to_string(),
            "udfArgs": encoded(value::Value::Bytes(cron.args.clone().into_bytes())),
            "cronSchedule": cron.schedule.to_json(),
        },
    })
}

/// What a push does to schemas and indexes.
pub fn schema_change(change: &SchemaChange) -> Value {
    let id = |path: &String| change.schema_ids.get(path).map_or(Value::Null, |id| id.0.to_string().into());
    let ids = change.index_diffs.keys().map(|path| (path.clone(), id(path)));
    let diffs = change.index_diffs.iter().map(|(path, diff)| (path.clone(), index_diff(diff)));
    json!({
        "allocatedComponentIds": change.allocated,
        "schemaIds": ids.collect::<Map<_, _>>(),
        "indexDiffs": diffs.collect::<Map<_, _>>(),
    })
}

fn index_diff(diff: &IndexDiff) -> Value {
    let list = |indexes: &[IndexDescription]| indexes.iter().map(index).collect::<Vec<_>>();
    json!({
        "added_indexes": list(&diff.added),
        "removed_indexes": list(&diff.removed),
        "enabled_indexes": list(&diff.enabled),
        "disabled_indexes": list(&diff.disabled),
    })
}

fn index(index: &IndexDescription) -> Value {
    let mut json = match &index.kind {
        IndexKind::Database { fields } => json!({ "type": "database", "fields": fields }),
        IndexKind::Search { search_field, filter_fields } => {
            json!({ "type": "search", "searchField": search_field, "filterFields": filter_fields })
        }
        IndexKind::Vector { vector_field, dimensions, filter_fields } => json!({
            "type": "vector",
            "vectorField": vector_field,
            "dimensions": dimensions,
            "filterFields": filter_fields,
        }),
    };
    json["name"] = index.name.as_str().into();
    json["staged"] = index.staged.into();
    json
}

/// The answer to `evaluate_schema`.
///
/// Source: deploy-api 5.10.
pub fn prediction(prediction: &PushPrediction) -> Value {
    let components =
        prediction.components.iter().map(|(path, predicted)| (path.clone(), component_prediction(predicted)));
    json!({
        "componentSchemaEvaluations": components.collect::<Map<_, _>>(),
        "newComponentDefinitions": prediction.new_definitions,
    })
}

fn component_prediction(prediction: &SchemaPrediction) -> Value {
    let tables = prediction.tables.iter().map(|table| {
        let outcome = match table.outcome {
            TableOutcome::NotValidated => "notValidated",
            TableOutcome::SupersetOfEnforced => "supersetOfEnforced",
            TableOutcome::SupersetOfShape => "supersetOfShape",
            TableOutcome::MustWalk => "mustWalk",
        };
        json!({ "name": table.name, "outcome": outcome, "numDocs": table.documents, "sizeBytes": table.bytes })
    });
    let indexes = prediction.indexes.iter().map(|predicted| {
        let (change, needs_backfill) = match predicted.change {
            IndexChange::Added => ("added", true),
            IndexChange::Enabled => ("enabled", false),
            IndexChange::Disabled => ("disabled", false),
            IndexChange::Dropped => ("dropped", false),
        };
        let mut json = index(&predicted.index);
        json["change"] = change.into();
        json["needsBackfill"] = needs_backfill.into();
        json["numDocs"] = predicted.documents.into();
        json
    });
    json!({
        "definitionPath": prediction.definition_path,
        "schemaValidation": prediction.schema_validation,
        "tables": tables.collect::<Vec<_>>(),
        "indexes": indexes.collect::<Vec<_>>(),
    })
}

/// The answer to `wait_for_schema`.
pub fn progress(progress: &SchemaProgress) -> Value {
    match progress {
        SchemaProgress::InProgress(components) => {
            let components = components.iter().map(|(path, progress)| {
                let status = json!({
                    "schemaValidationComplete": progress.validation_complete,
                    "indexesComplete": progress.indexes_complete,
                    "indexesTotal": progress.indexes_total,
                });
                (path.clone(), status)
            });
            json!({ "type": "inProgress", "components": components.collect::<Map<_, _>>() })
        }
        SchemaProgress::Failed { component, error, table } => {
            json!({ "type": "failed", "error": error, "componentPath": component, "tableName": table })
        }
        SchemaProgress::RaceDetected => json!({ "type": "raceDetected" }),
        SchemaProgress::Complete => json!({ "type": "complete" }),
    }
}

/// The answer to `finish_push`.
pub fn finished(diff: &PushDiff) -> Value {
    let texts = |providers: &[AuthProvider]| providers.iter().map(|p| p.to_json().to_string()).collect::<Vec<_>>();
    let definitions: BTreeMap<&String, Value> = diff.definitions.iter().map(|path| (path, json!({}))).collect();
    let components: BTreeMap<&String, Value> =
        diff.components.iter().map(|(path, diff)| (path, component(diff))).collect();
    json!({
        "authDiff": { "added": texts(&diff.auth_added), "removed": texts(&diff.auth_removed) },
        "definitionDiffs": definitions,
        "componentDiffs": components,
    })
}

fn component(diff: &ComponentDiff) -> Value {
    let version = match &diff.server_version {
        Some((Some(previous), Some(next))) => json!({ "previous_version": previous, "next_version": next }),
        _ => Value::Null,
    };
    let schema =
        diff.schema.as_ref().map(|(previous, next)| json!({ "previous_schema": previous, "next_schema": next }));
    let change = match diff.change {
        InstanceChange::Create => "create",
        InstanceChange::Modify => "modify",
        InstanceChange::Unmount => "unmount",
        InstanceChange::Remount => "remount",
    };
    json!({
        "diffType": { "type": change },
        "moduleDiff": { "added": diff.modules_added, "removed": diff.modules_removed },
        "udfConfigDiff": version,
        "cronDiff": { "added": diff.crons.added, "updated": diff.crons.updated, "deleted": diff.crons.deleted },
        "indexDiff": index_diff(&diff.indexes),
        "schemaDiff": schema,
    })
}
