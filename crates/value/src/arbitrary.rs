//! Random values for property tests, leaning towards the cases that break things.

use proptest::{collection::vec, prelude::*};

use crate::{Object, Value};

pub(crate) fn value() -> impl Strategy<Value = Value> {
    let containers = |inner: BoxedStrategy<Value>| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::Array),
            vec((key(), inner), 0..5).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    };
    scalar().boxed().prop_recursive(4, 40, 5, containers)
}

pub(crate) fn object() -> impl Strategy<Value = Object> {
    vec((key(), value()), 0..6).prop_map(|fields| fields.into_iter().collect())
}

pub(crate) fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(Value::CommitTs),
        any::<bool>().prop_map(Value::Boolean),
        integer().prop_map(Value::Int64),
        float().prop_map(Value::Float64),
        string().prop_map(Value::String),
        bytes().prop_map(Value::Bytes),
    ]
}

fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -3..3i64, Just(i64::MIN), Just(i64::MAX), Just(i64::MAX - 1)]
}

/// Every bit pattern, so NaNs of both signs and any payload too.
fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<i32>().prop_map(f64::from),
        any::<i64>().prop_map(|number| number as f64),
        any::<f64>(),
        prop::sample::select(vec![
            0.0,
            -0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            -f64::NAN,
            1e15,
            1e16,
            5e-324,
            f64::MAX
        ]),
    ]
}

fn string() -> impl Strategy<Value = String> {
    let tricky = prop::sample::select(vec!['\0', '\u{1}', '"', '\\', '\n', 'a', 'b', 'é', '\u{fffd}', '😀']);
    prop_oneof![vec(tricky, 0..6).prop_map(String::from_iter), vec(any::<char>(), 0..10).prop_map(String::from_iter),]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let tricky = prop::sample::select(vec![0, 1, 0xfe, 0xff]);
    prop_oneof![vec(tricky, 0..5), vec(any::<u8>(), 0..12)]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "[ -#%-~][ -~]{0,8}"]
}
