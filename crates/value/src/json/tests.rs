//! The JSON forms: published vectors, strictness, round trips.

use proptest::prelude::*;

use super::*;
use crate::arbitrary;

/// Reads text both ways and insists that they agree.
fn parse(text: &str) -> Result<Value, &'static str> {
    let parsed = Value::parse_json(text).map_err(|error| error.code());
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        let read = Value::from_json(&json).map_err(|error| error.code());
        assert_eq!(parsed, read, "{text}");
    }
    parsed
}

fn float_bits(text: &str) -> u64 {
    match parse(text) {
        Ok(Value::Float64(number)) => number.to_bits(),
        other => panic!("{text} gave {other:?}"),
    }
}

// Every 1.1 vector encodes and decodes exactly; `-0`, NaN and ±Infinity only as `$float`.
// every special JSON encoding round-trips: int64 limits, NaN, ±Infinity, -0, bytes, nested
#[test]
fn special_vectors_hold_both_ways() {
    let vectors = [
        (Value::Int64(0), r#"{"$integer":"AAAAAAAAAAA="}"#),
        (Value::Int64(1), r#"{"$integer":"AQAAAAAAAAA="}"#),
        (Value::Int64(256), r#"{"$integer":"AAEAAAAAAAA="}"#),
        (Value::Int64(-1), r#"{"$integer":"//////////8="}"#),
        (Value::Int64(i64::MAX), r#"{"$integer":"/////////38="}"#),
        (Value::Int64(i64::MIN), r#"{"$integer":"AAAAAAAAAIA="}"#),
        (Value::Float64(f64::NAN), r#"{"$float":"AAAAAAAA+H8="}"#),
        (Value::Float64(f64::INFINITY), r#"{"$float":"AAAAAAAA8H8="}"#),
        (Value::Float64(f64::NEG_INFINITY), r#"{"$float":"AAAAAAAA8P8="}"#),
        (Value::Float64(-0.0), r#"{"$float":"AAAAAAAAAIA="}"#),
        (Value::Bytes(vec![0x00, 0x10, 0x83]), r#"{"$bytes":"ABCD"}"#),
        (Value::Bytes(Vec::new()), r#"{"$bytes":""}"#),
        (Value::CommitTs, r#"{"$commitTs":null}"#),
    ];
    for (value, text) in vectors {
        assert_eq!(value.to_json(), text);
        assert_eq!(parse(text), Ok(value));
    }
}

#[test]
fn nested_specials_are_written_sorted_and_without_spaces() {
    let text = r#" { "name" : "x", "neg": {"$float":"AAAAAAAAAIA="} ,"b":{"$bytes":"AQI="},
        "inf":{"$float":"AAAAAAAA8H8="},"big":{"$integer":"BQAAAAAAAAA="} } "#;
    let canonical = r#"{"b":{"$bytes":"AQI="},"big":{"$integer":"BQAAAAAAAAA="},"inf":{"$float":"AAAAAAAA8H8="},"name":"x","neg":{"$float":"AAAAAAAAAIA="}}"#;
    assert_eq!(parse(text).unwrap().to_json(), canonical);
    assert_eq!(parse_object_json(text).unwrap().to_json(), canonical);
}

// Whole-number floats are emitted with a decimal point (`1.0`), at any depth, on HTTP and WS.
// Plain JSON integers in arguments decode as Float64.
#[test]
fn numbers_are_floats_and_show_it() {
    let text = r#"[1,-7,0,1.5,{"a":[100]},1e21,123456789012345678]"#;
    let written = parse(text).unwrap().to_json();
    let expected = r#"[1.0,-7.0,0.0,1.5,{"a":[100.0]},1e+21,1.2345678901234568e+17]"#;
    assert_eq!(written, expected);
    assert_eq!(parse("1"), Ok(Value::Float64(1.0)));
}

#[test]
fn numbers_are_read_exactly() {
    let texts = [
        "0",
        "-0",
        "-0.0",
        "0e5",
        "1E2",
        "1e+2",
        "1.25e-3",
        "123456789012345",
        "1234567890123456789",
        "99999999999999999999999",
        "0.1",
        "5e-324",
        "1.7976931348623157e308",
        "2.2250738585072011e-308",
    ];
    for text in texts {
        assert_eq!(float_bits(text), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
    for bad in ["01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "1e400", "-1e400", "--1"] {
        assert_eq!(parse(bad), Err("BadJsonBody"), "{bad}");
    }
}

#[test]
fn nan_payloads_survive() {
    for bits in [0x7ff8_0000_0000_0001u64, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0001] {
        let written = Value::Float64(f64::from_bits(bits)).to_json();
        assert_eq!(float_bits(&written), bits);
    }
}

// `$`-keys, multi-key wrappers, non-ASCII and over-long keys are rejected
#[test]
fn reserved_and_odd_keys_are_refused() {
    let long = format!("{{\"{}\":1}}", "k".repeat(1025));
    let bad_keys = [
        r#"{"$integer":"AAAAAAAAAAA=","x":1}"#,
        r#"{"a":1,"$integer":"AAAAAAAAAAA="}"#,
        r#"{"x":1,"$float":1}"#,
        r#"{"$set":[]}"#,
        r#"{"$map":[]}"#,
        r#"{"$id":"x"}"#,
        r#"{"$":1}"#,
        r#"{"a":{"$b":1}}"#,
        r#"{"é":1}"#,
        r#"{"a\u0000":1}"#,
        r#"{"\u0024x":1}"#,
        &long,
    ];
    for text in bad_keys {
        assert_eq!(parse(text), Err("InvalidFieldNameError"), "{text}");
    }
    for good in [r#"{"":1}"#, r#"{"_x":1}"#, r#"{"a$":1}"#, r#"{"a b~":1}"#] {
        assert!(parse(good).is_ok(), "{good}");
    }
}

#[test]
fn malformed_specials_are_refused() {
    let texts = [
        r#"{"$integer":1}"#,
        r#"{"$integer":null}"#,
        r#"{"$integer":"AAAA"}"#,
        r#"{"$integer":"AAAAAAAAAAAAAAAA"}"#,
        r#"{"$integer":"AAAAAAAAAAA"}"#,
        r#"{"$integer":"AAAAAAAAAAB="}"#,
        r#"{"$float":1.5}"#,
        r#"{"$float":"AAAAAAAA8D8="}"#,
        r#"{"$float":"AAAAAAAAAAA="}"#,
        r#"{"$bytes":"A"}"#,
        r#"{"$bytes":"AB"}"#,
        r#"{"$bytes":[1]}"#,
        r#"{"$bytes":{"a":[]}}"#,
        r#"{"$commitTs":1}"#,
        r#"{"$commitTs":"x"}"#,
        r#"{"$undefined":null}"#,
        r#"[{"$undefined":null}]"#,
        r#"{"a":{"$undefined":null}}"#,
    ];
    for text in texts {
        assert_eq!(parse(text), Err("BadConvexJson"), "{text}");
    }
    assert_eq!(parse(r#"{"\u0024integer":"AQAAAAAAAAA="}"#), Ok(Value::Int64(1)));
}

#[test]
fn undefined_is_read_where_it_is_allowed() {
    assert_eq!(Value::parse_json_or_undefined(r#"{"$undefined":null}"#), Ok(None));
    let json = serde_json::json!({"$undefined": null});
    assert_eq!(Value::from_json_or_undefined(&json), Ok(None));
    let patch = parse_patch_json(r#"{"b":{"$undefined":null},"a":1,"c":2,"c":{"$undefined":null}}"#);
    let expected = [("a", Some(Value::Float64(1.0))), ("b", None), ("c", None)];
    let expected = expected.map(|(key, value)| (key.to_owned(), value));
    assert_eq!(patch.unwrap(), expected);
    assert_eq!(parse_patch_json("{}"), Ok(Vec::new()));
    assert_eq!(parse_patch_json("[]"), Err(ValueError::NotAnObject));
    assert_eq!(parse_patch_json(r#"{"a":{"b":{"$undefined":null}}}"#), Err(ValueError::Undefined));
    assert!(matches!(parse_patch_json(r#"{"$undefined":null}"#), Err(ValueError::FieldName(_))));
}

#[test]
fn strings_are_unescaped_and_must_be_unicode() {
    let text = r#""\"\\\/\b\f\n\r\té\ud83d\ude00😀\u0000""#;
    let expected = "\"\\/\u{8}\u{c}\n\r\té😀😀\0";
    assert_eq!(parse(text), Ok(Value::from(expected)));
    let written = Value::from(expected).to_json();
    assert_eq!(written, "\"\\\"\\\\/\\b\\f\\n\\r\\té😀😀\\u0000\"");
    let bad = [
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83dx""#,
        r#""\ud83d\u0041""#,
        r#""\ud83d\ud83d""#,
        r#""\x""#,
        r#""\u12""#,
        r#""\u+123""#,
        "\"a\nb\"",
        r#""abc"#,
        r#""abc\"#,
        "\"\u{1}\"",
        r#""\u"#,
        r#""\u00é0""#,
    ];
    for text in bad {
        assert_eq!(parse(text), Err("BadJsonBody"), "{text}");
    }
}

#[test]
fn broken_json_is_refused() {
    let texts = [
        "",
        " ",
        "nul",
        "nullx",
        "tru",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{\"a\" 1}",
        "1 2",
        "[1 2]",
        "]",
        "}",
        "[1}",
        "{\"a\":1]",
        "'a'",
        "undefined",
    ];
    for text in texts {
        assert_eq!(parse(text), Err("BadJsonBody"), "{text}");
    }
}

#[test]
fn last_of_repeated_keys_counts() {
    assert_eq!(parse(r#"{"a":1,"b":2,"a":3}"#).unwrap().to_json(), r#"{"a":3.0,"b":2.0}"#);
}

// Limits of 1.3 give the listed codes
#[test]
fn limits_hold_while_reading() {
    let array = |length| format!("[{}]", vec!["0"; length].join(","));
    assert!(parse(&array(8192)).is_ok());
    assert_eq!(parse(&array(8193)), Err("ArrayTooLong"));
    let error = Value::parse_json(&array(9000)).unwrap_err().to_string();
    assert_eq!(error, "Array length is too long (9000 > maximum length 8192).");
    let object = |count| {
        let fields: Vec<_> = (0..count).map(|index| format!("\"f{index}\":0")).collect();
        format!("{{{}}}", fields.join(","))
    };
    assert!(parse(&object(1024)).is_ok());
    assert_eq!(parse(&object(1025)), Err("TooManyFieldsError"));
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&nested(64)).is_ok());
    assert_eq!(parse(&nested(65)), Err("TooNestedError"));
    assert_eq!(Value::parse_json(&"[".repeat(1 << 20)).unwrap_err().code(), "TooNestedError");
    assert_eq!(Value::parse_json(&"{\"a\":".repeat(1 << 20)).unwrap_err().code(), "TooNestedError");
    let special_at_the_bottom = format!("{}{{\"$bytes\":\"\"}}{}", "[".repeat(64), "]".repeat(64));
    assert!(parse(&special_at_the_bottom).is_ok());
    let huge = Value::parse_json(&format!("\"{}\"", "x".repeat(32 << 20)));
    assert_eq!(huge.unwrap_err().code(), "ValueTooLargeError");
}

// `json`, `convex_encoded_json`, `export_json` and both legacy aliases work; unknown format → 400 `BadFormat`.
#[test]
fn formats_are_known_by_name() {
    let parse = |name: &str| name.parse::<JsonFormat>();
    assert_eq!(parse("convex_encoded_json"), Ok(JsonFormat::Encoded));
    assert_eq!(parse("convex_json"), Ok(JsonFormat::Encoded));
    assert_eq!(parse("json"), Ok(JsonFormat::Clean));
    assert_eq!(parse("convex_clean_json"), Ok(JsonFormat::Clean));
    assert_eq!(parse("export_json"), Ok(JsonFormat::Export));
    assert_eq!(parse("JSON"), Err(UnknownJsonFormat("JSON".to_owned())));
}

#[test]
fn formats_write_what_they_promise() {
    let text = r#"{"b":{"$bytes":"ABCD"},"f":1,"i":{"$integer":"BQAAAAAAAAA="},"inf":{"$float":"AAAAAAAA8H8="},"n":{"$float":"AAAAAAAA+H8="},"neg":{"$float":"AAAAAAAA8P8="},"s":["x",null,true],"z":{"$float":"AAAAAAAAAIA="}}"#;
    let value = Value::parse_json(text).unwrap();
    let clean =
        r#"{"b":"ABCD","f":1.0,"i":"5","inf":"Infinity","n":"NaN","neg":"-Infinity","s":["x",null,true],"z":-0.0}"#;
    assert_eq!(value.to_json_format(JsonFormat::Clean), clean);
    let export = r#"{"b":{"$bytes":"ABCD"},"f":1.0,"i":5,"inf":{"$float":"AAAAAAAA8H8="},"n":{"$float":"AAAAAAAA+H8="},"neg":{"$float":"AAAAAAAA8P8="},"s":["x",null,true],"z":-0.0}"#;
    assert_eq!(value.to_json_format(JsonFormat::Export), export);
    assert_eq!(value.to_json_format(JsonFormat::Encoded), text.replace("\"f\":1", "\"f\":1.0"));
}

proptest! {
    #[test]
    fn every_value_reads_back(value in arbitrary::value()) {
        let text = value.to_json();
        let read = Value::parse_json(&text).unwrap();
        prop_assert_eq!(&read, &value);
        prop_assert_eq!(read.to_json(), text.clone());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(Value::from_json(&json).unwrap(), value);
    }

    #[test]
    fn every_format_writes_json(value in arbitrary::value()) {
        for format in [JsonFormat::Clean, JsonFormat::Export] {
            let text = value.to_json_format(format);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,60}") {
        let _ = parse(&text);
        let _ = parse_patch_json(&text);
        let _ = crate::Validator::parse_json(&text);
    }

    #[test]
    fn what_is_read_from_text_is_read_from_a_tree(tokens in prop::collection::vec(
        prop::sample::select(vec!["{", "}", "[", "]", ",", ":", "\"a\"", "\"$integer\"", "\"$float\"", "\"$undefined\"",
            "\"AAAAAAAAAIA=\"", "1", "-0.5e3", "null", "true", " ", "\"\\ud83d\\ude00\"", "\\", "\""]), 0..12)) {
        let text = tokens.concat();
        let parsed = Value::parse_json(&text);
        let json = serde_json::from_str::<serde_json::Value>(&text);
        // The other way round a repeated key may hide what is wrong with the value it replaces.
        if let Ok(value) = parsed {
            prop_assert_eq!(Value::from_json(&json.unwrap()), Ok(value));
        }
    }
}
