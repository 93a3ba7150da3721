// The app's modules: one package and one set of environment variables for the life of a process.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { context } from "./calls.mjs";

/** What a process may see of the server's own environment. */
const INHERITED = new Set(["PATH", "PWD", "LANG", "NODE_PATH", "TZ", "UTC"]);

let root;
const loaded = new Map();

/** Takes a package: its folder, and the variables its code may read. */
export function adopt(folder, variables) {
  root = new URL(folder);
  for (const name of Object.keys(process.env)) {
    if (!INHERITED.has(name)) delete process.env[name];
  }
  Object.assign(process.env, variables);
  // Bundles hold CommonJS code that was written for a module of its own.
  const home = new URL("user/", root);
  const filename = fileURLToPath(new URL("module.js", home));
  globalThis.require = createRequire(filename);
  globalThis.__filename = filename;
  globalThis.__dirname = fileURLToPath(home).slice(0, -1);
}

/** The namespace of a module, evaluated at most once. */
export function load(path, call) {
  const before = loaded.get(path);
  if (before !== undefined) return before;
  const store = { importing: true, call };
  const namespace = context
    .run(store, () => import(new URL(`user/${path}`, root)))
    .finally(() => (store.importing = false));
  loaded.set(path, namespace);
  return namespace;
}
