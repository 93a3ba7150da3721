//! Which validators cover which.

use super::validator;

fn covers(wide: &str, narrow: &str) -> bool {
    validator(wide).is_superset_of(&validator(narrow))
}

const ANY: &str = r#"{"type":"any"}"#;
const STRING: &str = r#"{"type":"string"}"#;
const NUMBER: &str = r#"{"type":"number"}"#;
const BOOLEAN: &str = r#"{"type":"boolean"}"#;
const USERS: &str = r#"{"type":"id","tableName":"users"}"#;
const POSTS: &str = r#"{"type":"id","tableName":"posts"}"#;
const LITERAL: &str = r#"{"type":"literal","value":"x"}"#;

fn object(fields: &[(&str, &str, bool)]) -> String {
    let fields =
        fields.iter().map(|(name, json, optional)| format!(r#""{name}":{{"fieldType":{json},"optional":{optional}}}"#));
    let fields: Vec<_> = fields.collect();
    format!(r#"{{"type":"object","value":{{{}}}}}"#, fields.join(","))
}

fn union(members: &[&str]) -> String {
    format!(r#"{{"type":"union","value":[{}]}}"#, members.join(","))
}

fn record(keys: &str, values: &str) -> String {
    format!(r#"{{"type":"record","keys":{keys},"values":{{"fieldType":{values},"optional":false}}}}"#)
}

#[test]
fn scalars_cover_their_literals_and_ids() {
    assert!(covers(ANY, STRING) && covers(ANY, ANY) && !covers(STRING, ANY));
    assert!(covers(STRING, LITERAL) && !covers(LITERAL, STRING));
    assert!(covers(STRING, USERS) && !covers(USERS, STRING) && !covers(USERS, POSTS));
    assert!(!covers(NUMBER, LITERAL) && !covers(NUMBER, STRING));
    assert!(covers(r#"{"type":"commitTs"}"#, r#"{"type":"bigint"}"#));
    assert!(!covers(r#"{"type":"bigint"}"#, r#"{"type":"commitTs"}"#));
}

#[test]
fn unions_cover_member_by_member() {
    assert!(covers(&union(&[STRING, NUMBER]), &union(&[NUMBER, STRING, LITERAL])));
    assert!(!covers(&union(&[STRING, NUMBER]), &union(&[NUMBER, BOOLEAN])));
    assert!(covers(STRING, &union(&[])) && !covers(&union(&[]), STRING));
    let flags = union(&[r#"{"type":"literal","value":true}"#, r#"{"type":"literal","value":false}"#]);
    assert!(covers(&flags, BOOLEAN) && covers(BOOLEAN, &flags));
}

// schema push of relaxed schema does not scan
#[test]
fn objects_may_gain_optional_fields_and_lose_requirements() {
    let a = object(&[("a", STRING, false)]);
    assert!(covers(&object(&[("a", STRING, true)]), &a));
    assert!(!covers(&a, &object(&[("a", STRING, true)])));
    assert!(covers(&object(&[("a", STRING, false), ("b", NUMBER, true)]), &a));
    assert!(!covers(&object(&[("a", STRING, false), ("b", NUMBER, false)]), &a));
    assert!(!covers(&object(&[]), &a));
    assert!(covers(&object(&[("a", &union(&[STRING, NUMBER]), false)]), &a));
}

#[test]
fn records_cover_objects_but_not_the_other_way() {
    let open = record(STRING, NUMBER);
    assert!(covers(&open, &object(&[("a", NUMBER, false), ("b", NUMBER, true)])));
    assert!(!covers(&open, &object(&[("a", STRING, false)])));
    assert!(!covers(&object(&[("a", NUMBER, true)]), &open));
    assert!(covers(&open, &record(USERS, NUMBER)) && !covers(&record(USERS, NUMBER), &open));
    let array = |json: &str| format!(r#"{{"type":"array","value":{json}}}"#);
    assert!(covers(&array(STRING), &array(LITERAL)) && !covers(&array(LITERAL), &array(STRING)));
}
