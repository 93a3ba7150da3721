use crate::*;

fn code(table: &str) -> String {
    let text = format!("{{'tables':[{table}],'schemaValidation':true}}").replace('\'', "\"");
    match Schema::parse_json(&text) {
        Ok(_) => "ok".into(),
        Err(error) => format!("{}: {}", error.code, error.message),
    }
}

fn with_indexes(indexes: &str) -> String {
    code(&format!("{{'tableName':'T','indexes':[{indexes}],'documentType':{{'type':'any'}}}}"))
}

fn with_fields(fields: &str) -> String {
    with_indexes(&format!("{{'indexDescriptor':'I','fields':[{fields}]}}"))
}

// [ ] table/index naming errors of 3.4, each code
#[test]
fn table_names() {
    let table = |name: &str| code(&format!("{{'tableName':'{name}','indexes':[]}}"));
    assert_eq!(table("good_1"), "ok");
    assert_eq!(
        table("1x"),
        "InvalidTableName: Invalid table name: \"1x\". Identifiers must start with a letter and can only contain letters, digits, and underscores."
    );
    assert!(table("___").starts_with("InvalidTableName") && table(&"x".repeat(65)).starts_with("InvalidTableName"));
    assert_eq!(table("_x"), "TableNameReserved: _x is a reserved table name.");
    let many = |count: usize| {
        let tables: Vec<_> = (0..count).map(|n| format!("{{'tableName':'t{n}','indexes':[]}}")).collect();
        code(&tables.join(","))
    };
    assert_eq!(many(10_000), "ok");
    assert_eq!(many(10_001), "TooManyTables: Number of tables cannot exceed 10000.");
}

// [ ] index on `_creationTime`, `_id`, `_x`, duplicate field, duplicate index, > 15 fields
#[test]
fn index_rules() {
    let named = |name: &str| with_indexes(&format!("{{'indexDescriptor':'{name}','fields':['a']}}"));
    assert_eq!(named("ok"), "ok");
    assert_eq!(
        named("a b"),
        "InvalidIndexName: Invalid index name: \"a b\". Identifiers must be 64 characters or less, start with a letter, and only contain letters, digits, underscores."
    );
    for reserved in ["_x", "by_id", "by_creation_time"] {
        assert_eq!(
            named(reserved),
            format!(
                "IndexNameReserved: In table \"T\" cannot name an index \"{reserved}\" because the name is reserved. Indexes may not start with an underscore or be named \"by_id\" or \"by_creation_time\"."
            )
        );
    }
    let two = |a: &str, b: &str| {
        with_indexes(&format!("{{'indexDescriptor':'{a}','fields':['a']}},{{'indexDescriptor':'{b}','fields':['a']}}"))
    };
    assert_eq!(two("i", "i"), "IndexNamesNotUnique: Table \"T\" has two or more definitions of index \"i\".");
    assert_eq!(
        two("A", "B"),
        "IndexNotUnique: In table \"T\" index \"A\" and index \"B\" have the same fields. Indexes must be unique within a table."
    );
    assert_eq!(with_fields(""), "EmptyIndex: In table \"T\" index \"I\" must have at least one field.");
    assert_eq!(
        with_fields("'a','b','a'"),
        "FieldsNotUniqueWithinIndex: Duplicate field a. Index fields must be unique within an index."
    );
    assert!(with_fields("'_id'").starts_with("IndexFieldsContainId: `_id` is not a valid index field."));
    assert!(with_fields("'_creationTime'").starts_with("IndexFieldsContainCreationTime"));
    assert_eq!(
        with_fields("'a._b'"),
        "IndexFieldNameReserved: Reserved fields (starting with `_`) are not allowed in indexes."
    );
    let many = |count: usize| (0..count).map(|n| format!("'f{n}'")).collect::<Vec<_>>().join(",");
    assert_eq!(with_fields(&many(15)), "ok");
    assert_eq!(with_fields(&many(16)), "IndexTooManyFields: Indexes may have up to 16 fields.");
    let indexes: Vec<_> = (0..65).map(|n| format!("{{'indexDescriptor':'i{n}','fields':['f{n}']}}")).collect();
    assert_eq!(with_indexes(&indexes[..64].join(",")), "ok");
    assert_eq!(with_indexes(&indexes.join(",")), "TooManyIndexes: Table \"T\" cannot have more than 64 indexes.");
}

#[test]
fn fields_have_to_exist() {
    let typed = "{'type':'union','value':[{'type':'object','value':{'a':{'fieldType':{'type':'object','value':{'b':{'fieldType':{'type':'string'},'optional':true}}},'optional':true}}}]}";
    let check = |field: &str| {
        code(&format!(
            "{{'tableName':'T','indexes':[{{'indexDescriptor':'I','fields':['{field}']}}],'documentType':{typed}}}"
        ))
    };
    assert_eq!([check("a"), check("a.b")], ["ok", "ok"]);
    assert_eq!(
        check("a.c"),
        "InvalidIndexField: In table \"T\" the index \"I\" is invalid because it references the field a.c that does not exist."
    );
    assert!(check("x").starts_with("InvalidIndexField"));
}

// [ ] vector dimensions 1 and 4097 refused; 2 and 4096 accepted
#[test]
fn search_and_vector_rules() {
    let vector = |dimensions: u32, field: &str| {
        let fields = "{'v':{'fieldType':{'type':'array','value':{'type':'number'}},'optional':true},'s':{'fieldType':{'type':'string'},'optional':false}}";
        code(&format!(
            "{{'tableName':'T','indexes':[],'vectorIndexes':[{{'indexDescriptor':'I','vectorField':'{field}','dimensions':{dimensions},'filterFields':['s']}}],'documentType':{{'type':'object','value':{fields}}}}}"
        ))
    };
    assert_eq!([vector(2, "v"), vector(4096, "v")], ["ok", "ok"]);
    assert_eq!(vector(1, "v"), "InvalidVectorDimensions: Dimensions 1 must be between 2 and 4096.");
    assert!(vector(4097, "v").contains("Dimensions 4097") && vector(3, "s").starts_with("InvalidVectorField"));
    let search = |indexes: &str| code(&format!("{{'tableName':'T','indexes':[],'searchIndexes':[{indexes}]}}"));
    let one = |name: &str, field: &str, filters: usize| {
        let filters: Vec<_> = (0..filters).map(|n| format!("'f{n}'")).collect();
        format!("{{'indexDescriptor':'{name}','searchField':'{field}','filterFields':[{}]}}", filters.join(","))
    };
    assert_eq!(search(&one("i", "a", 16)), "ok");
    assert_eq!(search(&one("i", "a", 17)), "IndexTooManyFilterFields: Search indexes may have up to 16 filter fields.");
    assert!(search(&format!("{},{}", one("i", "a", 0), one("j", "a", 0))).starts_with("SearchIndexFieldNotUnique"));
    let five: Vec<_> = (0..5).map(|n| one(&format!("i{n}"), &format!("s{n}"), 0)).collect();
    assert_eq!(search(&five.join(",")), "TooManyIndexes: Table \"T\" cannot have more than 4 search indexes.");
}

#[test]
fn document_types_are_objects() {
    let typed = |validator: &str| code(&format!("{{'tableName':'T','indexes':[],'documentType':{validator}}}"));
    let object = "{'type':'object','value':{}}";
    assert_eq!(
        [typed("{'type':'any'}"), typed(object), typed(&format!("{{'type':'union','value':[{object},{object}]}}"))],
        ["ok", "ok", "ok"]
    );
    assert!(typed("{'type':'string'}").starts_with("InvalidSchema"));
    assert!(typed(&format!("{{'type':'union','value':[{object},{{'type':'null'}}]}}")).starts_with("InvalidSchema"));
    assert!(
        typed("{'type':'object','value':{'_x':{'fieldType':{'type':'null'},'optional':false}}}")
            .starts_with("InvalidSchema")
    );
}

// [ ] schema.export variants incl. staged indexes, union document type, no default export
#[test]
fn json_round_trips() {
    let text = r#"{"tables":[{"tableName":"users","indexes":[{"indexDescriptor":"by_name","fields":["name","age"]}],
        "stagedDbIndexes":[{"indexDescriptor":"st","fields":["age"]}],
        "searchIndexes":[{"indexDescriptor":"s","searchField":"body","filterFields":["name"]}],"stagedSearchIndexes":[],
        "vectorIndexes":[{"indexDescriptor":"ve","vectorField":"emb","dimensions":3,"filterFields":["name"]}],"stagedVectorIndexes":[],
        "documentType":{"type":"object","value":{"name":{"fieldType":{"type":"string"},"optional":false},"age":{"fieldType":{"type":"bigint"},"optional":true},
          "body":{"fieldType":{"type":"string"},"optional":true},"emb":{"fieldType":{"type":"array","value":{"type":"number"}},"optional":true}}}}],
        "schemaValidation":true}"#;
    let schema = Schema::parse_json(text).unwrap();
    let users = &schema.tables["users"];
    assert!(users.indexes[1].staged && users.vector_indexes[0].dimensions == 3 && schema.schema_validation);
    assert_eq!(Schema::from_json(&schema.to_json()).unwrap(), schema);
    assert_eq!(Schema::parse_json("{}").unwrap_err().code, "InvalidSchema");
}
