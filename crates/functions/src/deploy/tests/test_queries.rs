//! Queries typed on the command line.

use serde_json::json;

use super::*;
use crate::{AnyResult, RequestId};

fn run(backend: &Backend, source: &str) -> Result<AnyResult, SystemError> {
    let query = TestQuery {
        component: String::new(),
        source: source.into(),
        args: "{}".into(),
        identity: Identity::Admin { read_only: false },
        request_id: RequestId("0123456789abcdef".into()),
    };
    wait(run_test_query(&backend.runtime, query))
}

fn value(backend: &Backend, body: &str) -> Json {
    let source = format!(
        "import {{ query }} from \"convex:/_system/repl/wrappers.js\";\n\nexport default query({{ handler: async (ctx) => {{ {body} }} }});"
    );
    let result = run(backend, &source).unwrap();
    serde_json::from_str(&result.outcome.unwrap()).unwrap()
}

// `run` … with `--inline-query`.
#[test]
fn a_typed_query_reads_the_data() {
    let backend = Backend::start();
    assert_eq!(value(&backend, "return 1;"), json!(1.0));
    let index = json!([{ "indexDescriptor": "by_n", "fields": ["n"] }]);
    let schema = json!({ "schemaValidation": false, "tables": [{ "tableName": "notes", "indexes": index,
        "searchIndexes": [], "vectorIndexes": [], "documentType": { "type": "any" } }] });
    let code = "export const add = mutation((value) => db.insert('notes', value));
        export const seven = internalQuery(async () => 7);";
    backend.push(&Project::new(code).schema(schema));
    let ids: Vec<Json> = (0..4).map(|n| backend.mutate("app:add", json!({ "n": n }))).collect();
    let ns = |body: &str| value(&backend, &format!("return (await {body}).map((d) => d.n);"));
    assert_eq!(ns("ctx.db.query('notes').collect()"), json!([0.0, 1.0, 2.0, 3.0]));
    assert_eq!(ns("ctx.db.query('notes').order('desc').take(2)"), json!([3.0, 2.0]));
    assert_eq!(
        ns("ctx.db.query('notes').withIndex('by_n', (q) => q.gt('n', 0).lte('n', 2)).collect()"),
        json!([1.0, 2.0])
    );
    assert_eq!(
        ns("ctx.db.query('notes').filter((q) => q.or(q.eq(q.field('n'), 0), q.gt(q.field('n'), 2))).collect()"),
        json!([0.0, 3.0])
    );
    assert_eq!(
        ns("ctx.db.query('notes').paginate({ cursor: null, numItems: 3 }).then((p) => p.page)"),
        json!([0.0, 1.0, 2.0])
    );
    let get = format!("return (await ctx.db.get({})).n;", ids[2]);
    assert_eq!(value(&backend, &get), json!(2.0));
    assert_eq!(
        value(&backend, "return ctx.db.query('notes').withIndex('by_n', (q) => q.eq('n', 9)).unique();"),
        Json::Null
    );
    assert_eq!(value(&backend, "return ctx.runQuery('app:seven');"), json!(7.0));
    assert_eq!(
        value(&backend, "return [5n, -0, new Uint8Array([1, 2]).buffer];"),
        json!([
            { "$integer": "BQAAAAAAAAA=" }, { "$float": "AAAAAAAAAIA=" }, { "$bytes": "AQI=" }
        ])
    );
    assert!(
        backend.query("testQuery", json!({}), Identity::Admin { read_only: false }).outcome.is_err(),
        "it is not kept"
    );
}

#[test]
fn typed_queries_that_do_not_work_say_why() {
    let backend = Backend::start();
    assert_eq!(run(&backend, "export default 1;").unwrap_err().code, "InvalidTestQuery");
    assert_eq!(run(&backend, "export default (;").unwrap_err().code, "InvalidModules");
    let source = "import { query } from \"convex:/_system/repl/wrappers.js\"; export default query(async (ctx) => { console.log('hi'); throw new Error('no'); });";
    let result = run(&backend, source).unwrap();
    assert!(result.outcome.unwrap_err().detail.contains("Uncaught Error: no"));
    assert_eq!(&*result.log_lines, ["[LOG] 'hi'"]);
    let writes = "import { query } from \"convex:/_system/repl/wrappers.js\";
        export default query(async () => JSON.parse(await Convex.asyncSyscall('1.0/insert', '{\"table\":\"t\",\"value\":{}}')));";
    assert!(run(&backend, writes).unwrap().outcome.is_err());
}
