"use node";
import { action, ConvexError } from "./_deps/library.js";
import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";

let count = 0;
let leaked;
const greetingAtImport = process.env.GREETING;

export const echo = action(async (_ctx, args) => args);
export const ask = action(async (ctx, { name, args }) => ctx.runQuery(name, args));
export const counter = action(async () => ++count);
export const environment = action(async () => process.env);
export const greetings = action(async () => [greetingAtImport, process.env.GREETING]);
export const metadata = action(async (ctx) => ctx.metadata());
export const machine = action(async () => ({
  buffer: Buffer.from("hi").toString("hex"),
  package: JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")),
  path: require("node:path").join(__dirname, "x") === __dirname + "/x",
  filename: typeof __filename,
}));

export const boom = action(async () => {
  throw new TypeError("boom\nover two lines");
});
export const refuse = action(async () => {
  throw new ConvexError({ code: 7 });
});
export const text = action(async () => {
  throw "just text";
});
export const object = action(async () => {
  throw { a: 1 };
});
export const caught = action(async (ctx) => {
  try {
    await ctx.runMutation("refused");
  } catch (e) {
    return { data: e.data, isConvexError: e instanceof ConvexError, message: e.message };
  }
});

export const speak = action(async () => {
  console.log("hi", 1, { a: [1, { b: 2 }] });
  console.debug(true);
  console.info(null);
  console.warn("it's");
  console.error(new Map([["k", 1]]));
  console.time("t");
  console.time("t");
  console.timeLog("other");
  console.timeEnd("t");
  console.trace("here");
});
export const babble = action(async (_ctx, { lines, size }) => {
  for (let i = 0; i < lines; i++) console.log("x".repeat(size));
});
export const stream = action(async (ctx) => {
  console.log("before");
  await ctx.runQuery("gate");
});
export const noise = action(async () => {
  process.stdout.write("\x00\x00\x00\x01garbage");
  process.stderr.write("garbage");
  spawnSync("cat", { stdio: "inherit" });
  return process.stdin.read();
});

export const leak = action(async (ctx) => {
  leaked = ctx;
});
export const useLeaked = action(async () => leaked.runQuery("x"));
export const dangle = action(async (ctx) => {
  ctx.runMutation("gate");
  ctx.store(new Blob(["x"]));
});
export const direct = action(async () => Convex.asyncSyscall("1.0/actions/query", "{}"));
export const badJson = action(async () => Convex.asyncSyscall("1.0/actions/query", "{"));
export const database = action(async () => Convex.asyncSyscall("1.0/get", "{}"));
export const databaseSync = action(async () => Convex.syscall("1.0/queryStream", "{}"));
export const importer = action(async () => {});

export const many = action(async (ctx, { operations }) => {
  const results = await Promise.allSettled(Array.from({ length: operations }, () => ctx.runQuery("gate")));
  return results.filter(({ status }) => status === "rejected").map(({ reason }) => reason.message);
});
export const interleave = action(async (ctx, { name }) => {
  const answers = [];
  for (let i = 0; i < 5; i++) {
    console.log(name);
    answers.push(await ctx.runQuery(name));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return answers;
});

export const store = action(async (ctx, { size, type }) => {
  const bytes = new Uint8Array(size).map((_, i) => i % 251);
  return ctx.store(new Blob([bytes], { type }), { sha256: "digest" });
});
export const fetchBlob = action(async (ctx, { id }) => {
  const blob = await ctx.get(id);
  if (blob === null) return null;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return { type: blob.type, size: bytes.length, right: bytes.every((byte, i) => byte === i % 251) };
});
export const storeText = action(async (ctx) => ctx.store("text"));

export const hang = action(async (ctx) => {
  await ctx.runQuery("reached");
  await new Promise(() => {});
});
export const spin = action(async () => {
  console.log("spinning");
  for (;;) {}
});
export const exit = action(async () => {
  process.exit(3);
});
export const rejects = action(async (ctx) => {
  Promise.reject(new RangeError("nobody listens"));
  await new Promise(() => {});
});
export const throwsLater = action(async () => {
  setTimeout(() => {
    throw new Error("from a timer");
  }, 0);
  await new Promise(() => {});
});
export const dies = action(async (ctx) => {
  await ctx.runQuery("reached");
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
});
export const gate = action(async (ctx) => ctx.runQuery("gate"));
export const hog = action(async () => {
  const kept = [];
  for (;;) kept.push(new Array(10_000).fill(0).map((_, i) => ({ i })));
});
export const processId = action(async () => process.pid);
