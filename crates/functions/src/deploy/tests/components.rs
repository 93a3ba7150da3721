//! Apps with components: pushing them, calling across their boundaries, taking them away again.

mod definitions;
mod isolation;

use serde_json::json;

use super::*;

/// A definition whose children, mounts and variables are these.
pub(super) fn definition(name: Option<&str>, more: Json) -> String {
    let mut export = match name {
        None => json!({ "definitionType": { "type": "app" } }),
        Some(name) => {
            json!({ "name": name, "definitionType": { "type": "childComponent", "name": name, "args": [] } })
        }
    };
    export["childComponents"] = json!([]);
    export["httpMounts"] = json!({});
    export["exports"] = json!({ "type": "branch", "branch": [] });
    for (key, value) in more.as_object().unwrap() {
        export[key] = value.clone();
    }
    format!("export default {{ export() {{ return {export}; }} }};")
}

pub(super) fn child(name: &str, path: &str) -> Json {
    json!({ "name": name, "path": path, "args": [], "env": [] })
}

/// Counts, in its own table.
pub(super) const COUNTER: &str = r#"
    export const add = mutation(({ n }) => db.insert("numbers", { n }));
    export const all = query(async () => (await db.all("numbers")).map((row) => row.n));
    export const get = query(({ id }) => db.get(id));
    export const fail = mutation(async ({ n }) => { await db.insert("numbers", { n }); throw new Error("no " + n); });
    export const secret = internalQuery(async () => 42);
    export const env = query(async ({ name }) => process.env[name] ?? null);
    export const ask = query(({ name }) => call(name, {}));
    export const handle = query(({ name }) => call("1.0/createFunctionHandle", { name, version: "1.48.0" }));
    export const via = mutation(({ handle, args }) =>
        call("1.0/runUdf", { udfType: "mutation", functionHandle: handle, args }));
    export const read = query(({ handle, args }) => call("1.0/runUdf", { udfType: "query", functionHandle: handle, args }));
    export const down = query(({ reference }) => call("1.0/runUdf", { udfType: "query", reference, args: {} }));
    export const page = query(() => call("1.0/queryPage", { cursor: null, endCursor: null, pageSize: 10, version: "1.48.0",
        query: { source: { type: "FullTableScan", tableName: "numbers", order: null }, operators: [] } }));
"#;

/// Calls whatever it is told to.
pub(super) const APP: &str = r#"
    export const q = query(({ ref, args = {} }) => call("1.0/runUdf", { udfType: "query", reference: "_reference/" + ref, args }));
    export const m = mutation(({ ref, args = {} }) => call("1.0/runUdf", { udfType: "mutation", reference: "_reference/" + ref, args }));
    export const caught = mutation(async ({ before, ref, args = {} }) => {
        await db.insert("numbers", { n: before });
        try { await call("1.0/runUdf", { udfType: "mutation", reference: "_reference/" + ref, args }); } catch (error) { return error.message; }
    });
    export const limited = mutation(async ({ ref, limits }) => {
        try { await call("1.0/runUdf", { udfType: "query", reference: "_reference/" + ref, args: {}, transactionLimits: limits }); } catch (error) { return error.message; }
        return (await db.all("numbers")).length;
    });
    export const viaHandle = mutation(({ handle, args = {} }) => call("1.0/runUdf", { udfType: "mutation", functionHandle: handle, args }));
    export const readHandle = query(({ handle, args = {} }) => call("1.0/runUdf", { udfType: "query", functionHandle: handle, args }));
    export const handle = query((address) => call("1.0/createFunctionHandle", { ...address, version: "1.48.0" }));
    export const add = mutation(({ n }) => db.insert("numbers", { n }));
    export const all = query(async () => (await db.all("numbers")).map((row) => row.n));
    export const env = query(async ({ name }) => process.env[name] ?? null);
    export const whoami = query(() => call("1.0/getUserIdentity", {}));
    export const hidden = internalMutation(({ n }) => db.insert("numbers", { n }));
"#;

/// `counter` mounted twice, and once more below `outer`.
pub(super) fn nested() -> Project {
    let app =
        json!({ "childComponents": [child("first", "counter"), child("second", "counter"), child("outer", "outer")] });
    Project::new(APP)
        .definition(&definition(None, app))
        .component_with("counter", &definition(Some("counter"), json!({})), &[("public.js", COUNTER)], None)
        .component_with(
            "outer",
            &definition(Some("outer"), json!({ "childComponents": [child("inner", "counter")] })),
            &[("public.js", COUNTER)],
            None,
        )
        .importing(&["counter"])
}

impl Backend {
    pub(super) fn fails(&self, path: &str, args: Json) -> String {
        self.query(path, args, Identity::Admin { read_only: false }).outcome.clone().unwrap_err().detail
    }

    pub(super) fn mutation_fails(&self, path: &str, args: Json) -> String {
        let call = as_admin(path, args, Identity::Anonymous);
        let result = wait(self.runtime.mutation(crate::MutationRequest { call, session: None })).unwrap();
        result.outcome.unwrap_err().detail
    }

    /// A query inside a component, as admins can make one.
    pub(super) fn value_in(&self, component: &str, path: &str, args: Json) -> Json {
        let mut call = as_admin(path, args, Identity::Admin { read_only: false });
        call.path.component = component.into();
        let request = QueryRequest { call, journal: None };
        let result = wait(self.runtime.query(&request, self.runtime.latest_ts())).unwrap();
        serde_json::from_str(result.outcome.as_ref().unwrap()).unwrap()
    }

    pub(super) fn mutate_in(&self, component: &str, path: &str, args: Json) -> Result<Json, crate::FunctionError> {
        let mut call = as_admin(path, args, Identity::Admin { read_only: false });
        call.path.component = component.into();
        let result = wait(self.runtime.mutation(crate::MutationRequest { call, session: None })).unwrap();
        result.outcome.map(|json| serde_json::from_str(&json).unwrap())
    }
}
