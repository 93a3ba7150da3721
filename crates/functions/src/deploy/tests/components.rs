//! Apps with components: pushing them, calling across their boundaries, taking them away again.

mod definitions;
mod deletion;
mod isolation;
mod jobs;

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
    export const later = mutation(({ delay = 0, args, ...address }) =>
        call("1.0/schedule", { ...address, args, ts: Date.now() / 1000 + delay, version: "1.48.0" }));
    export const cancel = mutation(({ id }) => call("1.0/cancel_job", { id }));
    export const jobs = query(async () =>
        (await db.all("_scheduled_functions")).map((job) => ({ id: job._id, name: job.name, state: job.state.kind, fields: Object.keys(job).sort() })));
    export const store = mutation(async () => {
        const storageId = await call("1.0/storageStore", { requestId: "", version: "1.48.0", blob: btoa("inside"), contentType: "text/plain" });
        return { storageId, url: await call("1.0/storageGetUrl", { requestId: "", version: "1.48.0", storageId }) };
    });
    export const url = query(({ storageId }) => call("1.0/storageGetUrl", { requestId: "", version: "1.48.0", storageId }));
    export const uploadUrl = mutation(() => call("1.0/storageGenerateUploadUrl", { requestId: "", version: "1.48.0" }));
    const act = (name, args) => call(name, { ...args, version: "1.48.0", requestId: "" });
    export const actTwice = action(async ({ n }) => {
        await act("1.0/actions/mutation", { name: "public:add", args: { n } });
        await act("1.0/actions/schedule", { name: "public:add", args: { n: n + 1 }, ts: Date.now() / 1000 });
        return { all: await act("1.0/actions/query", { name: "public:all", args: {} }), user: await act("1.0/getUserIdentity", {}),
                 colour: process.env.COLOUR ?? null, secret: process.env.SECRET ?? null };
    });
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
    export const later = mutation(({ args, ...address }) =>
        call("1.0/schedule", { ...address, args, ts: Date.now() / 1000, version: "1.48.0" }));
    export const jobs = query(async () => (await db.all("_scheduled_functions")).map((job) => job.state.kind));
    export const act = action(({ kind, ref, args }) =>
        call("1.0/actions/" + kind, { reference: "_reference/" + ref, args, version: "1.48.0", requestId: "" }));
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

    /// Waits until a query inside a component gives what is wanted, by following commits as a subscriber would.
    pub(super) fn until(&self, component: &str, path: &str, args: Json, done: impl Fn(&Json) -> bool) -> Json {
        wait(async {
            let mut call = as_admin(path, args, Identity::Admin { read_only: false });
            call.path.component = component.into();
            let request = QueryRequest { call, journal: None };
            let mut commits = self.runtime.watch_latest();
            loop {
                let at = *commits.borrow_and_update();
                let result = self.runtime.query(&request, at).await.unwrap();
                let value = serde_json::from_str(result.outcome.as_ref().unwrap()).unwrap();
                if done(&value) {
                    return value;
                }
                let next = tokio::time::timeout(Duration::from_secs(20), commits.changed()).await;
                next.unwrap_or_else(|_| panic!("nothing was committed for 20 s; {path} is {value}")).unwrap();
            }
        })
    }

    /// An action by an anonymous client.
    pub(super) fn act(&self, path: &str, args: Json) -> Result<Json, crate::FunctionError> {
        let call = as_admin(path, args, Identity::Anonymous);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let result = runtime.block_on(self.runtime.action(call)).unwrap();
        result.outcome.map(|json| serde_json::from_str(&json).unwrap())
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
