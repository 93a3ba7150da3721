use proptest::prelude::*;
use value::Value;

use crate::testing::*;
use crate::*;

fn all() -> Query {
    Query::full_scan("t")
}

fn fill(db: &Database, count: i64) {
    insert_numbers(db, "t", "n", 0..count);
}

fn page(db: &Database, query: Query, request: PageRequest) -> Result<PageResult, Error> {
    db.begin(BeginAt::Validated).unwrap().paginate(ROOT, query, request)
}

fn request(page_size: usize, cursor: Option<&str>) -> PageRequest {
    PageRequest { page_size, cursor: cursor.map(str::to_owned), ..PageRequest::default() }
}

fn numbers(result: &PageResult) -> Vec<i64> {
    let number = |value: Option<&Value>| match value {
        Some(Value::Int64(number)) => *number,
        other => panic!("{other:?}"),
    };
    result.page.iter().map(|document| number(document.value.get("n"))).collect()
}

// [ ] paginate to the end collects each doc once, last page isDone
// [ ] page ends exactly at data end: next page empty and done
#[test]
fn page_that_ends_with_the_data_is_followed_by_an_empty_one() {
    let db = database();
    fill(&db, 4);
    let first = page(&db, all(), request(2, None)).unwrap();
    let second = page(&db, all(), request(2, Some(&first.continue_cursor))).unwrap();
    assert_eq!(
        (numbers(&first), first.is_done, numbers(&second), second.is_done),
        (vec![0, 1], false, vec![2, 3], false)
    );
    let third = page(&db, all(), request(2, Some(&second.continue_cursor))).unwrap();
    assert_eq!((numbers(&third), third.is_done), (vec![], true));
    let again = page(&db, all(), request(2, Some(&third.continue_cursor))).unwrap();
    assert_eq!((again.is_done, &again.continue_cursor), (true, &third.continue_cursor));
    let missing = page(&db, Query::full_scan("none"), request(2, None)).unwrap();
    assert_eq!((missing.page.len(), missing.is_done), (0, true));
}

// [ ] endCursor covers (cursor, end] regardless of numItems
// [ ] reactive page keeps its interval after inserts and deletes (journal)
#[test]
fn pinned_pages_keep_their_interval() {
    let db = database();
    deploy(&db, "{'tables':[{'tableName':'t','indexes':[{'indexDescriptor':'by_n','fields':['n']}]}]}");
    insert_numbers(&db, "t", "n", [0, 10, 20, 30]);
    let by_n =
        || query_json("{'source':{'type':'IndexRange','indexName':'t.by_n','range':[],'order':null},'operators':[]}");
    let first = page(&db, by_n(), request(2, None)).unwrap();
    let last = page(&db, by_n(), request(9, Some(&first.continue_cursor))).unwrap();
    insert_numbers(&db, "t", "n", [5, 15, 40]);
    let pinned = |cursor: Option<&str>, end: &str| {
        let request = PageRequest { end_cursor: Some(end.to_owned()), ..request(1, cursor) };
        page(&db, by_n(), request).unwrap()
    };
    let again = pinned(None, &first.continue_cursor);
    assert_eq!(
        (numbers(&again), &again.continue_cursor, again.is_done),
        (vec![0, 5, 10], &first.continue_cursor, false)
    );
    // The last page ends at the end of everything, so it takes in what is added there.
    let again = pinned(Some(&first.continue_cursor), &last.continue_cursor);
    assert_eq!((numbers(&again), again.is_done), (vec![15, 20, 30, 40], true));
    let split = again.split_cursor.unwrap();
    let halves = [pinned(Some(&first.continue_cursor), &split), pinned(Some(&split), &last.continue_cursor)];
    assert_eq!([numbers(&halves[0]), numbers(&halves[1])], [vec![15, 20, 30], vec![40]]);
}

// [ ] maximumRowsRead/BytesRead → SplitRequired with ≥ 1 doc, empty filtered page allowed
// [ ] splitCursor present for > 2 docs, absent for search
#[test]
fn maximums_cut_pages() {
    let db = database();
    fill(&db, 8);
    let none = || {
        let mut query = all();
        query.operators.push(Operator::Filter(Expr::Literal(Some(Value::Boolean(false)))));
        query
    };
    let rows =
        |query, rows| page(&db, query, PageRequest { maximum_rows_read: Some(rows), ..request(100, None) }).unwrap();
    let cut = rows(all(), 3);
    assert_eq!((numbers(&cut), cut.page_status, cut.is_done), (vec![0, 1, 2], Some(PageStatus::SplitRequired), false));
    assert!(cut.split_cursor.is_some() && rows(all(), 2).split_cursor.is_none());
    let empty = rows(none(), 3);
    assert_eq!((empty.page.len(), empty.page_status, empty.is_done), (0, Some(PageStatus::SplitRequired), false));
    let bytes = page(&db, all(), PageRequest { maximum_bytes_read: Some(1), ..request(100, None) }).unwrap();
    assert_eq!((numbers(&bytes), bytes.page_status), (vec![0], Some(PageStatus::SplitRequired)));
    let nearly = page(&db, all(), PageRequest { maximum_rows_read: Some(10), ..request(100, None) }).unwrap();
    assert_eq!((nearly.page_status, nearly.is_done), (Some(PageStatus::SplitRecommended), true));
    let full = page(&db, all(), PageRequest { maximum_rows_read: Some(100), ..request(3, None) }).unwrap();
    assert_eq!((full.page_status, full.split_cursor.is_some()), (None, true));
}

// [ ] cursor from a different query → InvalidCursor ConvexError data
#[test]
fn foreign_cursors_are_refused() {
    let db = database();
    fill(&db, 3);
    let cursor = page(&db, all(), request(1, None)).unwrap().continue_cursor;
    let mut other = all();
    other.operators.push(Operator::Filter(Expr::Literal(Some(Value::Boolean(true)))));
    let mut forged = cursor.clone().into_bytes();
    forged[3] ^= 1;
    let forged = String::from_utf8_lossy(&forged).into_owned();
    for (query, cursor) in [(other, cursor.as_str()), (all(), &forged), (all(), "nonsense"), (all(), "")] {
        let error = page(&db, query, request(1, Some(cursor))).unwrap_err();
        let Error::Developer { code, message, data } = error else { panic!("{error:?}") };
        assert_eq!(code, "InvalidCursor");
        assert_eq!(
            message,
            "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query."
        );
        assert_eq!(data.unwrap(), r#"{"isConvexSystemError":true,"paginationError":"InvalidCursor"}"#);
    }
}

// [ ] pageSize 0, 32001, zero maximums errors
#[test]
fn senseless_requests_are_refused() {
    let db = database();
    let check = |request| message(page(&db, all(), request));
    assert_eq!(check(request(0, None)), "NoDocumentsForPagination: Must request at least 1 document while paginating");
    assert_eq!(check(request(32_001, None)), "PageSizeTooLarge: Requested too many items: 32001");
    let zero = PageRequest { maximum_rows_read: Some(0), ..request(1, None) };
    assert_eq!(check(zero), "InvalidPaginationLimit: maximumRowsRead and maximumBytesRead must be greater than 0");
}

#[test]
fn only_the_page_is_recorded_as_read() {
    let db = database();
    fill(&db, 6);
    let first = page(&db, all(), request(2, None)).unwrap();
    let mut tx = db.begin(BeginAt::Durable).unwrap();
    let second = tx.paginate(ROOT, all(), request(2, Some(&first.continue_cursor))).unwrap();
    let (since, reads) = (tx.snapshot(), tx.into_read_set());
    let told = std::sync::Arc::new(Told::default());
    db.subscribe(reads, since, told.clone()).unwrap();
    let touch = |id| mutate(&db, |tx| drop(tx.patch(ROOT, id, vec![("m".into(), Some(Value::Null))]).unwrap()));
    touch(first.page[1].id);
    assert_eq!(told.times(), 0);
    touch(second.page[1].id);
    assert_eq!(told.times(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn pages_collect_each_document_once(
        count in 0i64..30,
        sizes in prop::collection::vec(1usize..7, 1..5),
        descending in any::<bool>(),
        filtered in any::<bool>(),
    ) {
        let db = database();
        fill(&db, count);
        let order = if descending { Order::Descending } else { Order::Ascending };
        let odd = "{'filter':{'$neq':[{'$mod':[{'$field':'n'},{'$literal':{'$integer':'AgAAAAAAAAA='}}]},{'$literal':{'$integer':'AAAAAAAAAAA='}}]}}";
        let mut query = query_json(&format!("{{'source':{{'type':'FullTableScan','tableName':'t','order':null}},'operators':[{}]}}", if filtered { odd } else { "" }));
        query.source = Source::FullScan { table: "t".into(), order };
        let mut found = Vec::new();
        let mut cursor: Option<String> = None;
        for size in sizes.iter().cycle() {
            let result = page(&db, query.clone(), request(*size, cursor.as_deref())).unwrap();
            found.extend(numbers(&result));
            if result.is_done {
                break;
            }
            prop_assert_eq!(result.page.len(), *size);
            cursor = Some(result.continue_cursor);
        }
        let mut expected: Vec<i64> = (0..count).filter(|n| !filtered || n % 2 != 0).collect();
        if descending {
            expected.reverse();
        }
        prop_assert_eq!(found, expected);
    }
}
