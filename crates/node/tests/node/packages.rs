//! External packages and WebAssembly in node modules.

use std::fs;

use crate::fixture::{Fixture, module};

// `"use node"` modules analysed in the node executor with external packages installed at the exact versions
#[tokio::test]
async fn external_packages_of_both_kinds_are_importable() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join("node_modules").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("common/package.json", r#"{"name":"common","version":"1.0.0"}"#);
    write("common/index.js", "module.exports = { kind: 'common', inner: require('inner').kind };");
    write("inner/package.json", r#"{"name":"inner","version":"1.0.0"}"#);
    write("inner/index.js", "exports.kind = 'inner';");
    write("@scope/modern/package.json", r#"{"name":"@scope/modern","type":"module","exports":"./main.js"}"#);
    write("@scope/modern/main.js", "export const kind = 'modern';");
    let source = r#"
import { action } from "../_deps/library.js";
import common from "common";
import { kind } from "@scope/modern";
export const run = action(async () => [common, kind, require("common") === common, (await import("inner")).default.kind]);
"#;
    let external = Some(node::ExternalPackages::in_folder(folder.path().to_owned()));
    let app = Fixture::with(vec![module("dir/deep.js", source)], external, |_| {}).await;
    app.pool.analyze(&app.package, app.environment.clone()).await.unwrap();
    let mut request = app.request("run", "{}");
    request.module = "dir/deep.js".to_owned();
    let result = app.pool.execute(request, &app.host).await.unwrap().result.unwrap();
    assert_eq!(result, r#"[{"kind":"common","inner":"inner"},"modern",true,"inner"]"#);
}

// wasm module compiled at import works in Q, M, A
#[tokio::test]
async fn webassembly_compiles_at_import() {
    let source = r#"
import { action } from "./_deps/library.js";
const bytes = Uint8Array.from(atob("AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA2FkZAAACgkBBwAgACABags="), (c) => c.charCodeAt(0));
const module = new WebAssembly.Module(bytes);
export const add = action(async (_ctx, { a, b }) => new WebAssembly.Instance(module).exports.add(a, b));
"#;
    let app = Fixture::with(vec![module("app.js", source)], None, |_| {}).await;
    assert_eq!(app.call("add", r#"{"a":2,"b":40}"#).await, "42");
}
