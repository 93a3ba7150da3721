//! The answers to push requests, in the shapes the command line checks.

use std::collections::BTreeMap;

use functions::Visibility;
use functions::deploy::{
    ComponentDiff, IndexChange, IndexDescription, IndexDiff, IndexKind, PushDiff, SchemaChange, SchemaPrediction,
    SchemaProgress, StartedPush, TableOutcome,
};
use functions::deployment::{AnalyzedFunction, AuthProvider, ComponentCode, CronSpec, HttpRoute};
use serde_json::{Map, Value, json};
use value::Validator;

/// The answer to `start_push`; the caller hands it back whole to finish.
///
/// Source: deploy-api 5.7.
pub fn started(push: &StartedPush) -> Value {
    let analysis = &push.analysis;
    let definition = &analysis.definitions[""].0;
    json!({
        "environmentVariables": *push.environment,
        "externalDepsId": null,
        "componentDefinitionPackages": { "": push.token },
        "appAuth": analysis.auth_providers.iter().map(AuthProvider::to_json).collect::<Vec<_>>(),
        "analysis": { "": evaluated_definition(push) },
        "app": {
            "definitionPath": "",
            "componentPath": "",
            "args": {},
            "env": {},
            "httpPrefix": definition.get("httpPrefix"),
            "childComponents": {},
            "httpRoutes": checked_routes(&analysis.code),
            "exports": {},
        },
        "schemaChange": schema_change(&push.schema_change),
    })
}

fn evaluated_definition(push: &StartedPush) -> Value {
    let analysis = &push.analysis;
    let mut definition = analysis.definitions[""].0.clone();
    definition["path"] = "".into();
    let (seed, unix_ms) = analysis.import_conditions;
    let modules = analysis.code.functions.keys();
    json!({
        "definition": definition,
        "schema": analysis.schema.as_ref().map(|schema| schema.analysed_json()),
        "functions": modules.map(|path| (path.clone(), module(path, &analysis.code))).collect::<Map<_, _>>(),
        "udfConfig": {
            "serverVersion": push.udf_server_version,
            "importPhaseRngSeed": encoded(value::Value::Bytes(seed.to_vec())),
            "importPhaseUnixTimestamp": encoded(value::Value::Int64((unix_ms * 1e6) as i64)),
        },
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

fn checked_routes(code: &ComponentCode) -> Value {
    let route = |route: &HttpRoute| json!({ "method": route.method, "path": route.path });
    let routes = code.modules.contains_key("http.js").then(|| code.http_routes.iter().map(route).collect::<Vec<_>>());
    json!({ "httpModuleRoutes": routes, "mounts": [] })
}

/// What a push does to schemas and indexes.
pub fn schema_change(change: &SchemaChange) -> Value {
    json!({
        "allocatedComponentIds": {},
        "schemaIds": { "": change.schema_id.map(|id| id.0.to_string()) },
        "indexDiffs": { "": index_diff(&change.index_diff) },
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
pub fn prediction(prediction: &SchemaPrediction) -> Value {
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
        "componentSchemaEvaluations": { "": {
            "definitionPath": "",
            "schemaValidation": prediction.schema_validation,
            "tables": tables.collect::<Vec<_>>(),
            "indexes": indexes.collect::<Vec<_>>(),
        } },
        "newComponentDefinitions": [],
    })
}

/// The answer to `wait_for_schema`.
pub fn progress(progress: &SchemaProgress) -> Value {
    match progress {
        SchemaProgress::InProgress { validation_complete, indexes_complete, indexes_total } => json!({
            "type": "inProgress",
            "components": { "": {
                "schemaValidationComplete": validation_complete,
                "indexesComplete": indexes_complete,
                "indexesTotal": indexes_total,
            } },
        }),
        SchemaProgress::Failed { error, table } => {
            json!({ "type": "failed", "error": error, "componentPath": "", "tableName": table })
        }
        SchemaProgress::RaceDetected => json!({ "type": "raceDetected" }),
        SchemaProgress::Complete => json!({ "type": "complete" }),
    }
}

/// The answer to `finish_push`.
pub fn finished(diff: &PushDiff) -> Value {
    let texts = |providers: &[AuthProvider]| providers.iter().map(|p| p.to_json().to_string()).collect::<Vec<_>>();
    let definitions: BTreeMap<&String, Value> = diff.components.keys().map(|path| (path, json!({}))).collect();
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
    json!({
        "diffType": { "type": if diff.created { "create" } else { "modify" } },
        "moduleDiff": { "added": diff.modules_added, "removed": diff.modules_removed },
        "udfConfigDiff": version,
        "cronDiff": { "added": diff.crons.added, "updated": diff.crons.updated, "deleted": diff.crons.deleted },
        "indexDiff": index_diff(&diff.indexes),
        "schemaDiff": schema,
    })
}
