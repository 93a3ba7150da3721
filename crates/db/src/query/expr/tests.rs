use value::Value;

use crate::testing::*;
use crate::*;

fn evaluate(expr: &str) -> Result<bool, Error> {
    let query = query_json(&format!(
        "{{'source':{{'type':'FullTableScan','tableName':'t','order':null}},'operators':[{{'filter':{expr}}}]}}"
    ));
    let Operator::Filter(filter) = &query.operators[0] else { panic!("not a filter") };
    let mut document = doc("{'one':1,'two':2,'text':'x','deep':{'er':5},'yes':true}");
    document.insert("big", Value::Int64(i64::MAX));
    document.insert("int", Value::Int64(1));
    document.insert("zero", Value::Int64(0));
    document.insert("nan", Value::Float64(f64::NAN));
    filter.accepts(&document)
}

fn pair(op: &str, left: &str, right: &str) -> String {
    format!("{{'{op}':[{left},{right}]}}")
}

fn field(name: &str) -> String {
    format!("{{'$field':'{name}'}}")
}

// [ ] filter: each operator, arithmetic type errors, overflow, division by zero, boolean coercion error, short circuit
#[test]
fn comparisons_follow_the_total_order() {
    let holds = |op: &str, left: &str, right: &str| evaluate(&pair(op, &field(left), &field(right))).unwrap();
    assert!(holds("$eq", "one", "one") && holds("$neq", "one", "two"));
    assert!(
        holds("$lt", "one", "two")
            && holds("$lte", "one", "one")
            && holds("$gt", "two", "one")
            && holds("$gte", "two", "two")
    );
    assert!(holds("$neq", "int", "one") && holds("$lt", "big", "one") && holds("$eq", "nan", "nan"));
    assert!(holds("$lt", "missing", "zero") && holds("$eq", "missing", "text.deeper"));
    assert!(evaluate(&pair("$eq", &field("missing"), "{'$literal':{'$undefined':null}}")).unwrap());
    assert!(evaluate(&pair("$eq", &field("deep.er"), "{'$literal':5}")).unwrap());
}

#[test]
fn arithmetic() {
    let equals = |op: &str, expected: f64| {
        let sum = pair(op, &field("two"), "{'$literal':4}");
        assert!(evaluate(&pair("$eq", &sum, &format!("{{'$literal':{expected}}}"))).unwrap(), "{op}");
    };
    equals("$add", 6.0);
    equals("$sub", -2.0);
    equals("$mul", 8.0);
    equals("$div", 0.5);
    equals("$mod", 2.0);
    assert!(evaluate(&pair("$eq", "{'$neg':{'$field':'one'}}", "{'$literal':-1}")).unwrap());
    let fails = |op: &str, left: &str, right: &str| {
        message(evaluate(&pair("$eq", &pair(op, &field(left), &field(right)), "{'$literal':0}")))
    };
    assert_eq!(fails("$add", "int", "one"), "EvalError: Cannot add 1 (type Int64) and 1.0 (type Float64)");
    assert_eq!(
        fails("$add", "missing", "text"),
        "EvalError: Cannot add undefined (type Undefined) and \"x\" (type String)"
    );
    assert!(fails("$add", "big", "int").contains("overflows"));
    assert!(fails("$div", "int", "zero").contains("by zero") && fails("$mod", "int", "zero").contains("by zero"));
}

#[test]
fn logic_needs_booleans_and_short_circuits() {
    assert_eq!(message(evaluate(&field("one"))), "EvalError: Cannot use value 1.0 (type Float64) as a Boolean");
    assert_eq!(
        message(evaluate("{'$not':{'$field':'missing'}}")),
        "EvalError: Cannot use value undefined (type Undefined) as a Boolean"
    );
    assert!(evaluate("{'$and':[]}").unwrap() && !evaluate("{'$or':[]}").unwrap());
    assert!(!evaluate("{'$and':[{'$not':{'$field':'yes'}},{'$field':'one'}]}").unwrap());
    assert!(evaluate("{'$or':[{'$field':'yes'},{'$field':'one'}]}").unwrap());
    assert!(evaluate("{'$and':[{'$field':'one'}]}").is_err());
}
