use value::DocumentId;

use super::VectorSearch;
use crate::testing::*;
use crate::*;

const SCHEMA: &str = "{'tables':[{'tableName':'t','indexes':[],'vectorIndexes':[
    {'indexDescriptor':'near','vectorField':'v','dimensions':2,'filterFields':['a','b']}]}]}";

fn searchable() -> Database {
    let db = database();
    deploy(&db, SCHEMA);
    db
}

fn parse(rest: &str) -> Result<VectorSearch, Error> {
    let text = format!("{{'indexName':'t.near',{rest}}}").replace('\'', "\"");
    VectorSearch::from_json(&serde_json::from_str(&text).unwrap())
}

fn near(db: &Database, rest: &str) -> Result<Vec<(DocumentId, f64)>, Error> {
    db.begin(BeginAt::Durable).unwrap().vector_search(ROOT, &parse(rest)?)
}

fn ids(found: &[(DocumentId, f64)]) -> Vec<DocumentId> {
    found.iter().map(|(id, _)| *id).collect()
}

// [ ] vector: default limit, cap 256, filters, wrong length, missing vectors, order
#[test]
fn nearest_come_first_and_others_are_absent() {
    let db = searchable();
    let across = insert(&db, "t", "{'v':[0,2]}");
    let same = insert(&db, "t", "{'v':[3,0]}");
    let between = insert(&db, "t", "{'v':[1,1]}");
    for absent in ["{}", "{'v':[1,2,3]}", "{'v':['x','y']}", "{'v':'x'}", "{'v':[{'$integer':'AQAAAAAAAAA='},1]}"] {
        insert(&db, "t", absent);
    }
    let found = near(&db, "'vector':[1,0]").unwrap();
    assert_eq!(ids(&found), [same, between, across]);
    for ((_, score), expected) in found.iter().zip([1.0, 0.5f64.sqrt(), 0.0]) {
        assert!((score - expected).abs() < 1e-6, "{score} {expected}");
    }
    mutate(&db, |tx| drop(tx.delete(ROOT, same).unwrap()));
    assert_eq!(ids(&near(&db, "'vector':[1,0],'limit':1").unwrap()), [between]);
}

#[test]
fn equal_scores_follow_the_id() {
    let db = searchable();
    let mut all: Vec<_> = (0..12).map(|_| insert(&db, "t", "{'v':[1,1]}")).collect();
    all.sort();
    assert_eq!(ids(&near(&db, "'vector':[1,1]").unwrap()), all[..10], "ten unless asked for more");
    assert_eq!(ids(&near(&db, "'vector':[1,1],'limit':256").unwrap()), all);
}

#[test]
fn one_of_the_filters_must_hold() {
    let db = searchable();
    let one = insert(&db, "t", "{'v':[1,0],'a':1}");
    let two = insert(&db, "t", "{'v':[1,1],'b':'x'}");
    let none = insert(&db, "t", "{'v':[0,1],'a':2,'b':'y'}");
    let equal = |field: &str, value: &str| format!("{{'$eq':[{{'$field':'{field}'}},{{'$literal':{value}}}]}}");
    let found = |filter: &str| ids(&near(&db, &format!("'vector':[1,0],'expressions':{filter}")).unwrap());
    assert_eq!(found("null"), [one, two, none]);
    assert_eq!(found(&equal("a", "1")), [one]);
    assert_eq!(found(&format!("{{'$or':[{},{}]}}", equal("a", "1"), equal("b", "'x'"))), [one, two]);
    assert_eq!(found(&equal("a", "{'$undefined':null}")), [two]);
}

#[test]
fn wrong_searches_are_refused() {
    let db = searchable();
    let check = |rest: &str| message(near(&db, rest));
    assert_eq!(check("'vector':[1,2,3]"), "InvalidVectorQuery: Expected a vector with dimensions 2, received 3.");
    assert_eq!(
        check("'vector':[1,2],'limit':257"),
        "InvalidVectorQuery: Vector queries can fetch at most 256 results, requested 257."
    );
    assert!(check("'vector':[1,2],'limit':0").starts_with("InvalidVectorQuery: Vector queries must fetch at least 1"));
    assert!(check("'vector':[1,2],'limit':-3").starts_with("InvalidVectorQuery"));
    assert!(check("'vector':[1,null]").starts_with("InvalidVectorQuery: Vector query is malformed at `vector`"));
    let equal = "{'$eq':[{'$field':'a'},{'$literal':1}]}";
    let many = |count: usize| format!("'vector':[1,2],'expressions':{{'$or':[{}]}}", vec![equal; count].join(","));
    assert!(near(&db, &many(64)).is_ok());
    assert!(check(&many(65)).starts_with("TooManyElementsInVectorQueryError"));
    let other = "'vector':[1,2],'expressions':{'$eq':[{'$field':'c'},{'$literal':1}]}";
    assert!(check(other).starts_with("IncorrectVectorFilterField"));
    assert!(check("'vector':[1,2],'expressions':{'$and':[]}").starts_with("InvalidVectorQuery"));
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    for (table, index) in [("t", "none"), ("none", "near")] {
        let search = VectorSearch { table: table.into(), index: index.into(), ..parse("'vector':[1,2]").unwrap() };
        let name = format!("IndexNotFoundError: Index {table}.{index} not found.");
        assert_eq!(message(tx.vector_search(ROOT, &search)), name);
    }
}
