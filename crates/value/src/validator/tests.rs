//! Reading, showing, checking and comparing validators.

mod check;
mod superset;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::{DocumentId, InternalId, arbitrary};

/// `users` is table 10001, `posts` 10002, `_storage` 20.
struct Tables;

impl TableNames for Tables {
    fn name_of(&self, table: TableNumber) -> Option<TableRef> {
        match table.0 {
            10001 => Some(TableRef::User("users".to_owned())),
            10002 => Some(TableRef::User("posts".to_owned())),
            20 => Some(TableRef::System("_storage".to_owned())),
            _ => None,
        }
    }
}

fn id(table: u32) -> String {
    let id = DocumentId { table: TableNumber(table), internal: InternalId([7; 16]) };
    id.encode()
}

fn validator(json: &str) -> Validator {
    Validator::parse_json(json).unwrap()
}

const EVERY_KIND: &str = r#"{"type":"object","value":{
    "any":{"fieldType":{"type":"any"},"optional":false},
    "array":{"fieldType":{"type":"array","value":{"type":"null"}},"optional":false},
    "bigint":{"fieldType":{"type":"bigint"},"optional":false},
    "bool":{"fieldType":{"type":"boolean"},"optional":true},
    "bytes":{"fieldType":{"type":"bytes"},"optional":false},
    "commit":{"fieldType":{"type":"commitTs"},"optional":false},
    "id":{"fieldType":{"type":"id","tableName":"users"},"optional":false},
    "literals":{"fieldType":{"type":"union","value":[
        {"type":"literal","value":"x\""},{"type":"literal","value":1},{"type":"literal","value":true},
        {"type":"literal","value":{"$integer":"AQAAAAAAAAA="}}]},"optional":false},
    "record":{"fieldType":{"type":"record",
        "keys":{"type":"union","value":[{"type":"string"},{"type":"id","tableName":"posts"}]},
        "values":{"fieldType":{"type":"number"},"optional":false}},"optional":false},
    "string":{"fieldType":{"type":"string"},"optional":false}}}"#;

#[test]
fn every_kind_is_shown_as_developers_write_it() {
    let shown = validator(EVERY_KIND).to_string();
    let expected: Expect = expect![[
        r#"v.object({any: v.any(), array: v.array(v.null()), bigint: v.int64(), bool: v.optional(v.boolean()), bytes: v.bytes(), commit: v.commitTs(), id: v.id("users"), literals: v.union(v.literal("x\""), v.literal(1.0), v.literal(true), v.literal(<bigint>)), record: v.record(v.union(v.string(), v.id("posts")), v.float64()), string: v.string()})"#
    ]];
    expected.assert_eq(&shown);
}

// `exportArgs`/`exportReturns` for every validator kind
#[test]
fn every_kind_reads_back() {
    let read = validator(EVERY_KIND);
    assert_eq!(Validator::from_json(&read.to_json()), Ok(read.clone()));
    let original: serde_json::Value = serde_json::from_str(EVERY_KIND).unwrap();
    let written = read.to_json().to_string().replace("1.0", "1");
    assert_eq!(written, original.to_string());
}

#[test]
fn retired_kinds_allow_anything() {
    assert_eq!(validator(r#"{"type":"map","keys":{},"values":{}}"#), Validator::Any);
    assert_eq!(validator(r#"{"type":"set","value":{}}"#), Validator::Any);
}

// record with non-string-like key validator refused at push
#[test]
fn declarations_that_make_no_sense_are_refused() {
    let record = |keys: &str, optional: bool| {
        format!(r#"{{"type":"record","keys":{keys},"values":{{"fieldType":{{"type":"any"}},"optional":{optional}}}}}"#)
    };
    let refused = [
        record(r#"{"type":"number"}"#, false),
        record(r#"{"type":"any"}"#, false),
        record(r#"{"type":"literal","value":"a"}"#, false),
        record(r#"{"type":"union","value":[{"type":"string"},{"type":"literal","value":"a"}]}"#, false),
        record(r#"{"type":"string"}"#, true),
        r#"{"type":"literal","value":null}"#.to_owned(),
        r#"{"type":"literal","value":{"$float":"AAAAAAAA+H8="}}"#.to_owned(),
        r#"{"type":"literal","value":{"$float":"AAAAAAAA8H8="}}"#.to_owned(),
        r#"{"type":"literal","value":{"$bytes":""}}"#.to_owned(),
        r#"{"type":"literal","value":{"$x":1}}"#.to_owned(),
        r#"{"type":"literal"}"#.to_owned(),
        r#"{"type":"object","value":{"a b":{"fieldType":{"type":"any"},"optional":false}}}"#.to_owned(),
        r#"{"type":"object","value":{"$a":{"fieldType":{"type":"any"},"optional":false}}}"#.to_owned(),
        r#"{"type":"object","value":{"a":{"type":"any"}}}"#.to_owned(),
        r#"{"type":"object","value":{"a":{"fieldType":{"type":"any"},"optional":1}}}"#.to_owned(),
        r#"{"type":"id"}"#.to_owned(),
        r#"{"type":"id","tableName":"a-b"}"#.to_owned(),
        r#"{"type":"union","value":{}}"#.to_owned(),
        r#"{"type":"array"}"#.to_owned(),
        r#"{"type":"float"}"#.to_owned(),
        r#"{"type":1}"#.to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        "nonsense".to_owned(),
    ];
    for json in refused {
        assert!(Validator::parse_json(&json).is_err(), "{json}");
    }
    assert!(Validator::parse_json(&record(r#"{"type":"id","tableName":"_storage"}"#, false)).is_ok());
}

#[test]
fn tables_of_ids_are_found_at_any_depth() {
    let mut tables = Vec::new();
    validator(EVERY_KIND).for_each_id(&mut |table| tables.push(table.to_owned()));
    assert_eq!(tables, ["users", "posts"]);
}

/// Validators over a few shapes that also occur among arbitrary values.
pub(super) fn arbitrary_validator() -> impl Strategy<Value = Validator> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            Validator::Null,
            Validator::Number,
            Validator::Bigint,
            Validator::CommitTs,
            Validator::Boolean,
            Validator::String,
            Validator::Bytes,
            Validator::Any,
            Validator::Id("users".to_owned()),
            Validator::Literal(Value::from("a")),
            Validator::Literal(Value::from(1)),
            Validator::Literal(Value::from(0.0)),
            Validator::Literal(Value::from(true)),
            Validator::Literal(Value::from(false)),
        ]),
        prop::sample::select(vec![Value::from(1.0), Value::from("b")]).prop_map(Validator::Literal),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let field =
            (inner.clone(), any::<bool>()).prop_map(|(validator, optional)| FieldValidator { validator, optional });
        prop_oneof![
            inner.clone().prop_map(|element| Validator::Array(Box::new(element))),
            inner
                .clone()
                .prop_map(|values| Validator::Record { keys: Box::new(Validator::String), values: Box::new(values) }),
            prop::collection::btree_map("[a-c]", field, 0..3).prop_map(Validator::Object),
            prop::collection::vec(inner, 0..3).prop_map(Validator::Union),
        ]
    })
}

/// A value the validator allows, as far as one is easy to make.
pub(super) fn member_of(validator: &Validator, seed: u64) -> Option<Value> {
    let value = match validator {
        Validator::Null => Value::Null,
        Validator::Number | Validator::Any => Value::Float64(seed as f64),
        Validator::Bigint => Value::Int64(seed as i64),
        Validator::CommitTs if seed.is_multiple_of(2) => Value::CommitTs,
        Validator::CommitTs => Value::Int64(1),
        Validator::Boolean => Value::Boolean(seed.is_multiple_of(2)),
        Validator::String => Value::from(format!("s{}", seed % 3)),
        Validator::Bytes => Value::Bytes(vec![seed as u8]),
        Validator::Literal(literal) => literal.clone(),
        Validator::Id(_) => Value::from(id(10001)),
        Validator::Array(element) => {
            Value::Array(member_of(element, seed / 2).into_iter().cycle().take(seed as usize % 3).collect())
        }
        Validator::Record { values, .. } => {
            let value = member_of(values, seed / 2)?;
            Value::Object([("a".to_owned(), value)].into_iter().collect())
        }
        Validator::Object(fields) => {
            let mut object = crate::Object::new();
            for (index, (name, field)) in fields.iter().enumerate() {
                if !(field.optional && seed >> index & 1 == 1) {
                    object.insert(name.as_str(), member_of(&field.validator, seed / 2)?);
                }
            }
            Value::Object(object)
        }
        Validator::Union(members) => {
            let index = seed as usize % members.len().max(1);
            member_of(members.get(index)?, seed / 2)?
        }
    };
    Some(value)
}

proptest! {
    #[test]
    fn any_validator_reads_back(validator in arbitrary_validator()) {
        prop_assert_eq!(Validator::from_json(&validator.to_json()), Ok(validator));
    }

    #[test]
    fn members_are_allowed(validator in arbitrary_validator(), seed: u64) {
        if let Some(value) = member_of(&validator, seed) {
            prop_assert_eq!(validator.check(&value, &Tables), Ok(()));
        }
    }

    #[test]
    fn failing_and_explaining_agree(validator in arbitrary_validator(), value in arbitrary::value()) {
        let allowed = validator.matches(&value, &Tables);
        prop_assert_eq!(validator.check(&value, &Tables).is_ok(), allowed);
    }

    #[test]
    fn supersets_allow_what_their_subsets_allow(a in arbitrary_validator(), b in arbitrary_validator(), seed: u64) {
        prop_assert!(a.is_superset_of(&a));
        let Some(value) = member_of(&b, seed) else { return Ok(()) };
        if a.is_superset_of(&b) {
            prop_assert!(a.matches(&value, &Tables), "{} {} {}", a, b, value.display());
        }
    }
}
