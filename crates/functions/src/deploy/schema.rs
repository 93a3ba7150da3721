//! Evaluates `schema.js`.

use std::sync::Arc;

use db::Schema;
use js::Phase;
use serde_json::Value as Json;

use super::errors::bad_request;
use super::evaluate::{Evaluator, reported_mistake};
use super::{ModuleInput, analysis, probes};
use crate::SystemError;

const MODULE: &str = "schema.js";
const HEADING: &str = "Hit an error while evaluating your schema:\n";

/// A checked schema, and its JSON as pushes report it.
#[derive(Clone, Debug)]
pub struct EvaluatedSchema {
    pub schema: Schema,
    json: Json,
}

impl EvaluatedSchema {
    /// The schema with the creation time at the end of every index.
    ///
    /// Source: deploy-api 5.5.
    pub fn analysed_json(&self) -> Json {
        let mut json = self.json.clone();
        for table in json["tables"].as_array_mut().into_iter().flatten() {
            for kind in ["indexes", "stagedDbIndexes"] {
                for index in table[kind].as_array_mut().into_iter().flatten() {
                    if let Some(fields) = index["fields"].as_array_mut() {
                        fields.push("_creationTime".into());
                    }
                }
            }
        }
        json
    }
}

/// Evaluates and checks a schema module.
///
/// Errors: 400 `InvalidSchema` and the codes of function-runtime 2.5 and 3.4.
pub(super) fn evaluate(evaluator: &Evaluator, module: &ModuleInput) -> Result<EvaluatedSchema, SystemError> {
    let source = module.text.clone().into_module(MODULE);
    let bundle =
        js::Bundle::compile(vec![source]).map_err(|error| analysis::compile_error(error, "InvalidSchema", HEADING))?;
    let json = evaluator
        .probe(&Arc::new(bundle), MODULE, probes::SCHEMA, Phase::Schema)
        .map_err(|error| error.into_system_error("InvalidSchema", HEADING))?;
    if let Some(mistake) = reported_mistake(&json) {
        return Err(mistake);
    }
    let schema = Schema::parse_json(&json.to_string())
        .map_err(|error| bad_request(error.code, format!("{HEADING}{}", error.message)))?;
    Ok(EvaluatedSchema { schema, json })
}
