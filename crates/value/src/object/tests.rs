//! Objects keep their fields sorted and unique.

use crate::{Object, Value};

fn keys(object: &Object) -> Vec<&str> {
    object.keys().collect()
}

#[test]
fn fields_are_sorted_and_the_last_of_equal_keys_stays() {
    let fields = [("b", 1.0), ("a", 2.0), ("b", 3.0), ("a", 4.0), ("a", 5.0)];
    let object: Object = fields.into_iter().map(|(key, number)| (key.to_owned(), Value::Float64(number))).collect();
    assert_eq!(keys(&object), ["a", "b"]);
    assert_eq!(object.get("a"), Some(&Value::Float64(5.0)));
    assert_eq!(object.get("b"), Some(&Value::Float64(3.0)));
}

#[test]
fn insert_replaces_and_remove_returns() {
    let mut object = Object::new();
    assert_eq!(object.insert("z", Value::Null), None);
    assert_eq!(object.insert("a", Value::from(true)), None);
    assert_eq!(object.insert("z", Value::from(1)), Some(Value::Null));
    assert_eq!(keys(&object), ["a", "z"]);
    *object.get_mut("a").unwrap() = Value::from("x");
    assert_eq!(object.remove("a"), Some(Value::from("x")));
    assert_eq!(object.remove("a"), None);
    assert_eq!(object.len(), 1);
    assert!(!object.is_empty() && object.contains_key("z"));
    assert_eq!(object.into_iter().next(), Some(("z".to_owned(), Value::from(1))));
}
