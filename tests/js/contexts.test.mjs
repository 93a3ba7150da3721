// What functions are handed: exactly what is documented, in each kind of function.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, deployedApp } from "./support/app.mjs";

const app = deployedApp();
const { contexts } = api;

const reader = { db: ["get", "normalizeId", "query", "system", "table"], "db.system": ["get", "normalizeId", "query", "table"] };
const inAction = {
  ctx: ["auth", "meta", "runAction", "runMutation", "runQuery", "scheduler", "storage", "vectorSearch"],
  auth: ["getUserIdentity"],
  meta: ["getDeploymentMetadata", "getFunctionMetadata", "getRequestMetadata"],
  scheduler: ["cancel", "runAfter", "runAt"],
  storage: ["delete", "generateUploadUrl", "get", "getMetadata", "getUrl", "store"],
};
const documented = {
  query: {
    ctx: ["auth", "db", "meta", "runQuery", "storage"],
    ...reader,
    auth: ["getUserIdentity"],
    meta: ["getDeploymentMetadata", "getFunctionMetadata", "getSnapshotTs", "getTransactionMetrics"],
    storage: ["getMetadata", "getUrl"],
  },
  mutation: {
    ctx: ["auth", "db", "meta", "runMutation", "runQuery", "scheduler", "storage"],
    ...reader,
    db: [...reader.db, "delete", "insert", "patch", "replace", "vars"].sort(),
    auth: ["getUserIdentity", "signJwt"],
    meta: ["getDeploymentMetadata", "getFunctionMetadata", "getRequestMetadata", "getSnapshotTs", "getTransactionMetrics"],
    scheduler: inAction.scheduler,
    storage: inAction.storage,
  },
};

test("a query's context has exactly its keys", async () => {
  assert.deepEqual(await app.http.query(contexts.ofQuery, {}), documented.query);
});

test("a mutation's context has exactly its keys", async () => {
  assert.deepEqual(await app.http.mutation(contexts.ofMutation, {}), documented.mutation);
});

test("an action's context has exactly its keys, and so has an HTTP action's", async () => {
  assert.deepEqual(await app.http.action(contexts.ofAction, {}), inAction);
  const response = await fetch(`${app.server.siteUrl}/context`);
  assert.deepEqual(await response.json(), inAction);
});
