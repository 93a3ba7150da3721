//! The detail texts of failed checks, word for word.

use expect_test::{Expect, expect};

use super::{Tables, id, validator};
use crate::Value;

fn object(fields: &str) -> String {
    format!(r#"{{"type":"object","value":{{{fields}}}}}"#)
}

fn field(name: &str, json: &str) -> String {
    format!(r#""{name}":{{"fieldType":{json},"optional":false}}"#)
}

fn optional(name: &str, json: &str) -> String {
    format!(r#""{name}":{{"fieldType":{json},"optional":true}}"#)
}

fn array(json: &str) -> String {
    format!(r#"{{"type":"array","value":{json}}}"#)
}

fn check(json: &str, value: &str, expected: Expect) {
    let value = Value::parse_json(value).unwrap();
    let text = match validator(json).check(&value, &Tables) {
        Ok(()) => "ok".to_owned(),
        Err(text) => text,
    };
    expected.assert_eq(&text);
}

const STRING: &str = r#"{"type":"string"}"#;
const NUMBER: &str = r#"{"type":"number"}"#;
const USERS: &str = r#"{"type":"id","tableName":"users"}"#;

// ArgumentValidationError for: missing field, extra field, wrong type, optional null, literal, union, record key,
// id of wrong table, id of system table
// path context `.a[0].b` and root (blank line) forms
#[test]
fn missing_and_extra_fields() {
    let name = object(&field("name", STRING));
    check(&name, r#"{"name":"x"}"#, expect!["ok"]);
    check(
        &name,
        "{}",
        expect![[r#"
        Object is missing the required field `name`. Consider wrapping the field validator in `v.optional(...)` if this is expected.

        Object: {}
        Validator: v.object({name: v.string()})"#]],
    );
    check(
        &name,
        r#"{"name":"x","b":1}"#,
        expect![[r#"
        Object contains extra field `b` that is not in the validator.

        Object: {b: 1.0, name: "x"}
        Validator: v.object({name: v.string()})"#]],
    );
    let nested = object(&field("a", &array(&name)));
    check(
        &nested,
        r#"{"a":[{"name":"x"},{}]}"#,
        expect![[r#"
        Object is missing the required field `name`. Consider wrapping the field validator in `v.optional(...)` if this is expected.
        Path: .a[1]
        Object: {}
        Validator: v.object({name: v.string()})"#]],
    );
}

#[test]
fn wrong_types() {
    check(
        STRING,
        "1",
        expect![[r#"
        Value does not match validator.

        Value: 1.0
        Validator: v.string()"#]],
    );
    let nested = object(&field("a", &array(&object(&field("b", NUMBER)))));
    check(
        &nested,
        r#"{"a":[{"b":"x"}]}"#,
        expect![[r#"
        Value does not match validator.
        Path: .a[0].b
        Value: "x"
        Validator: v.float64()"#]],
    );
    check(
        NUMBER,
        r#"{"$integer":"AQAAAAAAAAA="}"#,
        expect![[r#"
        Value does not match validator.

        Value: 1
        Validator: v.float64()"#]],
    );
    check(
        &array(NUMBER),
        "{}",
        expect![[r#"
        Value does not match validator.

        Value: {}
        Validator: v.array(v.float64())"#]],
    );
}

#[test]
fn optional_fields_may_be_missing_but_not_null() {
    let maybe = object(&optional("a", NUMBER));
    check(&maybe, "{}", expect!["ok"]);
    check(
        &maybe,
        r#"{"a":null}"#,
        expect![[r#"
        Value does not match validator.
        Path: .a
        Value: null
        Validator: v.float64()"#]],
    );
}

#[test]
fn literals() {
    let x = r#"{"type":"literal","value":"x"}"#;
    check(x, r#""x""#, expect!["ok"]);
    check(x, r#""y""#, expect![[r#"`"y"` does not match literal validator `v.literal("x")`."#]]);
    check(
        &object(&field("a", r#"{"type":"literal","value":1}"#)),
        r#"{"a":2}"#,
        expect!["`2.0` does not match literal validator `v.literal(1.0)`.Path: .a"],
    );
    let one = r#"{"type":"literal","value":{"$integer":"AQAAAAAAAAA="}}"#;
    check(one, "1", expect!["`1.0` does not match literal validator `v.literal(<bigint>)`."]);
    check(r#"{"type":"literal","value":0}"#, r#"{"$float":"AAAAAAAAAIA="}"#, expect!["ok"]);
    let largest = r#"{"type":"literal","value":{"$integer":"/////////38="}}"#;
    check(
        largest,
        r#"{"$commitTs":null}"#,
        expect!["`commitTs` does not match literal validator `v.literal(<bigint>)`."],
    );
}

#[test]
fn unions_report_their_only_member_or_all_of_themselves() {
    check(
        &format!(r#"{{"type":"union","value":[{STRING}]}}"#),
        "1",
        expect![[r#"
        Value does not match validator.

        Value: 1.0
        Validator: v.string()"#]],
    );
    let two = format!(r#"{{"type":"union","value":[{STRING},{NUMBER}]}}"#);
    check(&two, "1", expect!["ok"]);
    check(
        &two,
        "null",
        expect![[r#"
        Value does not match validator.

        Value: null
        Validator: v.union(v.string(), v.float64())"#]],
    );
    check(
        r#"{"type":"union","value":[]}"#,
        "null",
        expect![[r#"
        Value does not match validator.

        Value: null
        Validator: v.union()"#]],
    );
}

#[test]
fn records_check_keys_and_values() {
    let record = format!(r#"{{"type":"record","keys":{USERS},"values":{{"fieldType":{NUMBER},"optional":false}}}}"#);
    check(&record, &format!(r#"{{"{}":1}}"#, id(10001)), expect!["ok"]);
    check(
        &object(&field("r", &record)),
        r#"{"r":{"a":1}}"#,
        expect![[r#"
        Value does not match validator.
        Path: .r.keys()
        Value: "a"
        Validator: v.id("users")"#]],
    );
    check(
        &record,
        &format!(r#"{{"{}":true}}"#, id(10001)),
        expect![[r#"
        Value does not match validator.
        Path: .values()
        Value: true
        Validator: v.float64()"#]],
    );
}

#[test]
fn ids_name_the_table_they_come_from() {
    let text = |table| format!("\"{}\"", id(table));
    check(USERS, &text(10001), expect!["ok"]);
    check(
        USERS,
        &text(10002),
        expect![[
            r#"Found ID "j970e1r70w3ge1r70w3ge1r70w3gem1a" from table `posts`, which does not match the table name in validator `v.id("users")`."#
        ]],
    );
    check(
        &array(USERS),
        &format!("[{}]", text(20)),
        expect![[
            r#"Found ID "2g3ge1r70w3ge1r70w3ge1r70w3r830" from a system table, which does not match the table name in validator `v.id("users")`.Path: [0]"#
        ]],
    );
    check(r#"{"type":"id","tableName":"_storage"}"#, &text(20), expect!["ok"]);
    check(
        USERS,
        r#""nonsense""#,
        expect![[r#"
        Value does not match validator.

        Value: "nonsense"
        Validator: v.id("users")"#]],
    );
    assert!(validator(USERS).check(&Value::from(id(999)), &Tables).is_err());
}

#[test]
fn commit_timestamps_are_integers_or_the_placeholder() {
    let commit = r#"{"type":"commitTs"}"#;
    check(commit, r#"{"$commitTs":null}"#, expect!["ok"]);
    check(commit, r#"{"$integer":"AQAAAAAAAAA="}"#, expect!["ok"]);
    assert!(validator(commit).check(&Value::from(1.0), &Tables).is_err());
    assert!(validator(r#"{"type":"bigint"}"#).check(&Value::CommitTs, &Tables).is_err());
}

// `v.any()` and missing validators accept everything incl. nested specials
#[test]
fn any_allows_everything() {
    let value = r#"{"a":[{"$integer":"AQAAAAAAAAA="},{"$float":"AAAAAAAA+H8="},{"$bytes":""},{"$commitTs":null}]}"#;
    check(r#"{"type":"any"}"#, value, expect!["ok"]);
}
