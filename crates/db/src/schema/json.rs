//! Schemas as the JSON a schema module exports.

use serde_json::{Value as Json, json};
use value::Validator;

use super::{
    FieldPath, IndexDefinition, Schema, SchemaError, SearchIndexDefinition, TableSchema, VectorIndexDefinition,
};

impl Schema {
    /// Reads and checks the JSON text a schema module exports.
    pub fn parse_json(text: &str) -> Result<Schema, SchemaError> {
        let json: Json = serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))?;
        Schema::from_json(&json)
    }

    /// As `parse_json`, from JSON that is parsed already.
    pub fn from_json(json: &Json) -> Result<Schema, SchemaError> {
        let schema_validation = match json.get("schemaValidation") {
            None | Some(Json::Null) => false,
            Some(flag) => flag.as_bool().ok_or_else(|| malformed("`schemaValidation` is not a boolean"))?,
        };
        let mut schema = Schema { schema_validation, ..Schema::default() };
        for table in list(json, "tables")? {
            let name = text(table, "tableName")?.to_owned();
            let parsed = parse_table(table)?;
            if schema.tables.insert(name.clone(), parsed).is_some() {
                return Err(malformed(&format!("table \"{name}\" is defined twice")));
            }
        }
        schema.check()?;
        Ok(schema)
    }

    /// Returns the schema in the form `parse_json` reads.
    pub fn to_json(&self) -> Json {
        let tables: Vec<Json> = self.tables.iter().map(|(name, table)| table_json(name, table)).collect();
        json!({ "tables": tables, "schemaValidation": self.schema_validation })
    }
}

fn parse_table(json: &Json) -> Result<TableSchema, SchemaError> {
    let mut table = TableSchema::default();
    for (list_name, staged) in [("indexes", false), ("stagedDbIndexes", true)] {
        for index in optional_list(json, list_name)? {
            let (name, fields) = (text(index, "indexDescriptor")?.to_owned(), paths(index, "fields")?);
            table.indexes.push(IndexDefinition { name, fields, staged });
        }
    }
    for (list_name, staged) in [("searchIndexes", false), ("stagedSearchIndexes", true)] {
        for index in optional_list(json, list_name)? {
            table.search_indexes.push(SearchIndexDefinition {
                name: text(index, "indexDescriptor")?.to_owned(),
                search_field: FieldPath::parse(text(index, "searchField")?),
                filter_fields: paths(index, "filterFields")?,
                staged,
            });
        }
    }
    for (list_name, staged) in [("vectorIndexes", false), ("stagedVectorIndexes", true)] {
        for index in optional_list(json, list_name)? {
            table.vector_indexes.push(VectorIndexDefinition {
                name: text(index, "indexDescriptor")?.to_owned(),
                vector_field: FieldPath::parse(text(index, "vectorField")?),
                dimensions: dimensions(index)?,
                filter_fields: paths(index, "filterFields")?,
                staged,
            });
        }
    }
    table.document_type = match json.get("documentType") {
        None | Some(Json::Null) => None,
        Some(validator) => Some(Validator::from_json(validator).map_err(|error| malformed(&error.to_string()))?),
    };
    Ok(table)
}

fn dimensions(json: &Json) -> Result<u32, SchemaError> {
    let number = json.get("dimensions");
    // JavaScript numbers may be written as floats.
    let number = number
        .and_then(|n| n.as_u64().or_else(|| n.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64)));
    let number = number.ok_or_else(|| malformed("`dimensions` is not a whole number"))?;
    // Whatever is above the limit is refused with the number the author wrote, or close to it.
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

fn table_json(name: &str, table: &TableSchema) -> Json {
    let fields = |paths: &[FieldPath]| paths.iter().map(FieldPath::to_string).collect::<Vec<_>>();
    let database = |staged| -> Vec<Json> {
        let indexes = table.indexes.iter().filter(|index| index.staged == staged);
        indexes.map(|index| json!({ "indexDescriptor": index.name, "fields": fields(&index.fields) })).collect()
    };
    let search = |staged| -> Vec<Json> {
        let indexes = table.search_indexes.iter().filter(|index| index.staged == staged);
        let json = |index: &SearchIndexDefinition| {
            json!({
                "indexDescriptor": index.name,
                "searchField": index.search_field.to_string(),
                "filterFields": fields(&index.filter_fields),
            })
        };
        indexes.map(json).collect()
    };
    let vector = |staged| -> Vec<Json> {
        let indexes = table.vector_indexes.iter().filter(|index| index.staged == staged);
        let json = |index: &VectorIndexDefinition| {
            json!({
                "indexDescriptor": index.name,
                "vectorField": index.vector_field.to_string(),
                "dimensions": index.dimensions,
                "filterFields": fields(&index.filter_fields),
            })
        };
        indexes.map(json).collect()
    };
    json!({
        "tableName": name,
        "indexes": database(false),
        "stagedDbIndexes": database(true),
        "searchIndexes": search(false),
        "stagedSearchIndexes": search(true),
        "vectorIndexes": vector(false),
        "stagedVectorIndexes": vector(true),
        "documentType": table.document_type.as_ref().map(Validator::to_json),
    })
}

fn paths(json: &Json, field: &str) -> Result<Vec<FieldPath>, SchemaError> {
    let path = |path: &Json| {
        path.as_str().map(FieldPath::parse).ok_or_else(|| malformed(&format!("`{field}` holds no string")))
    };
    list(json, field)?.iter().map(path).collect()
}

fn text<'a>(json: &'a Json, field: &str) -> Result<&'a str, SchemaError> {
    json.get(field).and_then(Json::as_str).ok_or_else(|| malformed(&format!("`{field}` is not a string")))
}

fn list<'a>(json: &'a Json, field: &str) -> Result<&'a [Json], SchemaError> {
    json.get(field)
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| malformed(&format!("`{field}` is not an array")))
}

fn optional_list<'a>(json: &'a Json, field: &str) -> Result<&'a [Json], SchemaError> {
    match json.get(field) {
        None | Some(Json::Null) => Ok(&[]),
        Some(_) => list(json, field),
    }
}

fn malformed(reason: &str) -> SchemaError {
    SchemaError::new("InvalidSchema", format!("Schema is malformed: {reason}."))
}
