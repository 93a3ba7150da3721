//! The JavaScript that looks at an evaluated module and reports in JSON text what it found.
//!
//! Every probe is an expression `(ns) => string` over the module's namespace. Mistakes are reported as
//! `{"error": {"code", "message"}}` and never thrown, so that what is thrown is always the author's.

/// The functions a module exports.
pub(super) const FUNCTIONS: &str = r#"(ns, tools) => {
  const own = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
  const functions = [];
  for (const name of Object.keys(ns)) {
    const f = ns[name];
    if (f === null || (typeof f !== "function" && typeof f !== "object")) continue;
    const kinds = [["Query", "isQuery", "invokeQuery"], ["Mutation", "isMutation", "invokeMutation"],
                   ["Action", "isAction", "invokeAction"]].filter(([, flag]) => own(f, flag));
    if (kinds.length !== 1 || typeof f[kinds[0][2]] !== "function") continue;
    const isPublic = own(f, "isPublic"), isInternal = own(f, "isInternal");
    if (isPublic && isInternal) continue;
    const text = (key) => (typeof f[key] === "function" ? f[key]() : null);
    const handler = typeof f._handler === "function" ? f._handler : f;
    const { fileName, lineNumber, columnNumber } = handler;
    // Without a source map the author's file is the module itself.
    const place = typeof lineNumber !== "number" ? null
      : tools.mapPosition(fileName, lineNumber, columnNumber) ?? { line: lineNumber, column: columnNumber };
    functions.push({
      name, kind: kinds[0][0],
      visibility: isPublic ? "public" : isInternal ? "internal" : null,
      args: text("exportArgs"), returns: text("exportReturns"),
      line: place?.line ?? null, column: place?.column ?? null,
    });
  }
  return JSON.stringify(functions);
}"#;

/// The routes of `http.js`.
pub(super) const ROUTES: &str = r#"(ns) => {
  const refuse = (message) => JSON.stringify({ error: { code: "InvalidModules", message } });
  const router = ns.default;
  if (router === undefined) return refuse("`convex/http.js` must have a default export of a Router.");
  const methods = ["getRoutes", "lookup", "runRequest"];
  if (router === null || router.isRouter !== true || methods.some((name) => typeof router[name] !== "function")) {
    return refuse("The default export of `convex/http.js` is not a Router.");
  }
  // Routers of other libraries may have handlers of their own; what surely is none is found here and not by a visitor.
  const kindOf = (handler) =>
    handler?.isQuery ? "a query" : handler?.isMutation ? "a mutation" : handler?.isAction ? "an action"
      : typeof handler === "function" ? null : handler === null ? "null" : typeof handler;
  const routes = [];
  for (const [path, method, handler] of router.getRoutes()) {
    const route = "The route " + method + " " + path + " of `convex/http.js`";
    if (typeof path !== "string" || typeof method !== "string") return refuse(route + " must have a text for its path and its method.");
    if (!path.startsWith("/")) return refuse(route + " has a path that does not begin with a slash.");
    const kind = kindOf(handler);
    if (kind !== null) {
      return refuse(route + " has " + kind + " for its handler. Give it an HTTP action: `httpAction(async (ctx, request) => …)`.");
    }
    if (routes.some((other) => other.path === path && other.method === method)) {
      return refuse(route + " is there twice.");
    }
    routes.push({ path, method });
  }
  return JSON.stringify(routes);
}"#;

/// The jobs of `crons.js`.
pub(super) const CRONS: &str = r#"(ns) => {
  const refuse = (message) => JSON.stringify({ error: { code: "InvalidModules", message } });
  const crons = ns.default;
  if (crons === undefined) return refuse("`convex/crons.js` must have a default export of a Crons object.");
  if (crons === null || crons.isCrons !== true) return refuse("The default export of `convex/crons.js` is not a Crons object.");
  return crons.export();
}"#;

/// The providers of `auth.config.js`.
pub(super) const AUTH: &str = r#"(ns) => {
  if (ns.default === undefined) {
    return JSON.stringify({ error: { code: "InvalidAuthConfig", message: "auth.config.js is missing default export." } });
  }
  return JSON.stringify(ns.default) ?? "null";
}"#;

/// The JSON text of `schema.js`.
pub(super) const SCHEMA: &str = r#"(ns) => {
  const refuse = (code, message) => JSON.stringify({ error: { code, message } });
  const schema = ns.default;
  if (schema === undefined) return refuse("MissingSchemaExportError",
    "Schema file missing default export. Export the result of `defineSchema` as the default export.");
  if (schema === null || typeof schema.export !== "function") return refuse("InvalidSchemaExport",
    "Default export from schema file isn't a Convex schema.");
  const text = schema.export();
  return typeof text === "string" ? text : refuse("InvalidSchemaExport", "Default export from schema file isn't a Convex schema.");
}"#;

/// The export of `convex.config.js`.
pub(super) const DEFINITION: &str = r#"(ns) => {
  const definition = ns.default;
  if (definition === undefined || definition === null || typeof definition.export !== "function") {
    return JSON.stringify({ error: { code: "InvalidConvexConfig",
      message: "convex.config.js must have a default export of an app or component definition." } });
  }
  return JSON.stringify(definition.export()) ?? "null";
}"#;
