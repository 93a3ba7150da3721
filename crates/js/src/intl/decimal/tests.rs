use super::*;

#[track_caller]
fn rounds(text: &str, place: i32, increment: u32, mode: RoundingMode, expected: &str) {
    let Number::Finite(decimal) = Number::parse(text) else { panic!("{text} is finite") };
    assert_eq!(decimal.round(place, increment, mode).plain(0), expected, "{text}");
}

#[test]
fn numbers_are_read_as_javascript_writes_them() {
    let plain = |text: &str| match Number::parse(text) {
        Number::Finite(decimal) => decimal.plain(0),
        other => format!("{other:?}"),
    };
    assert_eq!(plain("1e21"), "1000000000000000000000");
    assert_eq!(plain("5e-7"), "0.0000005");
    assert_eq!(plain("-0.50"), "0.5");
    assert_eq!(plain("000"), "0");
    assert_eq!(Number::parse("-Infinity"), Number::Infinite { negative: true });
    assert_eq!(Number::parse("NaN"), Number::Nan);
    assert_eq!(Number::parse(""), Number::Nan);
    assert_eq!(Number::parse("1e2000000000"), Number::Nan);
    assert!(Number::parse("-0").is_negative());
}

#[test]
fn rounding_modes_differ_where_they_should() {
    use RoundingMode::*;
    for (mode, expected) in [
        (Ceil, ["2", "3", "1", "1"]),
        (Floor, ["1", "2", "1", "0"]),
        (Expand, ["2", "3", "1", "1"]),
        (Trunc, ["1", "2", "1", "0"]),
        (HalfExpand, ["2", "3", "1", "0"]),
        (HalfTrunc, ["1", "2", "1", "0"]),
        (HalfEven, ["2", "2", "1", "0"]),
    ] {
        for (text, expected) in ["1.5", "2.5", "1", "0.004"].into_iter().zip(expected) {
            rounds(text, 0, 1, mode, expected);
        }
    }
    rounds("-1.5", 0, 1, HalfCeil, "1");
    rounds("-1.5", 0, 1, HalfFloor, "2");
}

#[test]
fn increments_and_carries_are_exact() {
    use RoundingMode::HalfExpand;
    rounds("999.995", -2, 1, HalfExpand, "1000");
    rounds("1.125", -2, 5, HalfExpand, "1.15");
    rounds("1.12", -2, 5, HalfExpand, "1.1");
    rounds("1.13", -2, 25, HalfExpand, "1.25");
    rounds("7", 0, 5, HalfExpand, "5");
    rounds("100", 0, 5000, HalfExpand, "0");
    rounds("2500", 0, 5000, HalfExpand, "5000");
    rounds("0.0001", 0, 5, RoundingMode::Expand, "5");
}
