//! Size, nesting, limits, placeholders and the form in error texts.

use crate::{Object, Timestamp, Value, limits::DOCUMENT_NESTING_MAX};

fn parse(text: &str) -> Value {
    Value::parse_json(text).unwrap()
}

/// Arrays inside each other, `depth` of them.
fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |value, level| match level {
        0 => Value::Array(Vec::new()),
        _ => Value::Array(vec![value]),
    })
}

// Size vectors of 1.5 hold; `getConvexSize` parity for limits
#[test]
fn size_vectors_hold() {
    let vectors = [
        (r#""héllo""#, 8),
        (r#""😀""#, 6),
        (r#"{"a":1}"#, 13),
        (r#"[1,{"$integer":"AgAAAAAAAAA="},"a"]"#, 23),
        ("[[],{}]", 6),
        (r#"{"b":1,"a":"x","_z":null}"#, 22),
        (r#"{"a":1,"b":"x"}"#, 18),
        ("null", 1),
        ("true", 1),
        (r#"{"$bytes":"ABCD"}"#, 5),
        (r#"{"$commitTs":null}"#, 9),
    ];
    for (text, size) in vectors {
        assert_eq!(parse(text).size(), size, "{text}");
    }
}

#[test]
fn document_size_counts_system_fields() {
    let mut document = Object::new();
    document.insert("_id", Value::from("x".repeat(32)));
    document.insert("_creationTime", Value::from(1.5));
    assert_eq!(document.size(), 63);
    document.insert("a", Value::from(1.0));
    assert_eq!(document.size(), 74);
}

// 16-deep document passes, 17-deep fails.
#[test]
fn nesting_counts_containers() {
    assert_eq!(parse("1").nesting(), 0);
    assert_eq!(parse("[]").nesting(), 1);
    assert_eq!(parse(r#"{"a":[1,{}],"b":{}}"#).nesting(), 3);
    assert_eq!(nested(16).nesting(), DOCUMENT_NESTING_MAX);
    assert!(nested(17).nesting() > DOCUMENT_NESTING_MAX);
}

// Limits of 1.3 give the listed codes
// 8193-element array and 1025-field object are refused by the host
#[test]
fn limits_give_their_codes() {
    let code = |value: Value| value.check_limits().map_err(|error| error.code());
    let array = |length| Value::Array(vec![Value::Null; length]);
    assert_eq!(code(array(8192)), Ok(()));
    assert_eq!(code(array(8193)), Err("ArrayTooLong"));
    let object = |count| {
        let fields = (0..count).map(|index| (format!("f{index}"), Value::Null));
        Value::Object(fields.collect())
    };
    assert_eq!(code(object(1024)), Ok(()));
    assert_eq!(code(object(1025)), Err("TooManyFieldsError"));
    assert_eq!(code(nested(64)), Ok(()));
    assert_eq!(code(nested(65)), Err("TooNestedError"));
    let bytes = |length| Value::Bytes(vec![0; length]);
    assert_eq!(code(bytes((32 << 20) - 2)), Ok(()));
    assert_eq!(code(bytes((32 << 20) - 1)), Err("ValueTooLargeError"));
    let inner = Value::Array(vec![array(8193)]);
    assert_eq!(code(inner), Err("ArrayTooLong"));
}

#[test]
fn commit_timestamp_is_put_everywhere() {
    let mut value = parse(r#"{"a":[{"$commitTs":null},1],"b":{"$commitTs":null},"c":{"d":{"$commitTs":null}}}"#);
    assert!(value.has_commit_ts());
    value.resolve_commit_ts(Timestamp(5));
    assert!(!value.has_commit_ts());
    let expected = r#"{"a":[{"$integer":"BQAAAAAAAAA="},1.0],"b":{"$integer":"BQAAAAAAAAA="},"c":{"d":{"$integer":"BQAAAAAAAAA="}}}"#;
    assert_eq!(value.to_json(), expected);
}

#[test]
fn error_texts_show_values_as_developers_write_them() {
    let vectors = [
        ("null", "null"),
        ("1", "1.0"),
        ("1.5", "1.5"),
        (r#"{"$integer":"BQAAAAAAAAA="}"#, "5"),
        (r#"{"$float":"AAAAAAAA+H8="}"#, "NaN"),
        (r#"{"$float":"AAAAAAAA8P8="}"#, "-Infinity"),
        (r#"{"$float":"AAAAAAAAAIA="}"#, "-0.0"),
        (r#""a\"\n""#, r#""a\"\n""#),
        (r#"[1,"x"]"#, r#"[1.0, "x"]"#),
        (r#"{"b":null,"a":1}"#, "{a: 1.0, b: null}"),
        (r#"{"a b":[]}"#, r#"{"a b": []}"#),
        ("{}", "{}"),
        (r#"{"$bytes":"ABCD"}"#, r#"b"ABCD""#),
        (r#"{"$commitTs":null}"#, "commitTs"),
    ];
    for (text, shown) in vectors {
        assert_eq!(parse(text).display().to_string(), shown);
    }
}
