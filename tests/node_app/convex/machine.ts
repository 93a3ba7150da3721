"use node";
// What only Node.js has: the machine it runs on, and packages written for it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip, gunzipSync } from "node:zlib";
import { v } from "convex/values";
import isNumber from "is-number";
import ms from "ms";
import { action } from "./_generated/server";
import { sha256 } from "./lib/digests";

export const everything = action({
  args: { text: v.string() },
  returns: v.object({ base64: v.string(), digest: v.string(), file: v.string(), unzipped: v.string() }),
  handler: async (_ctx, { text }) => {
    const folder = mkdtempSync(join(tmpdir(), "concave-action-"));
    writeFileSync(join(folder, "a.txt"), text);
    const file = readFileSync(join(folder, "a.txt"), "utf8");
    rmSync(folder, { recursive: true });
    const unzipped = gunzipSync(await promisify(gzip)(text)).toString();
    return { base64: Buffer.from(text).toString("base64"), digest: sha256(text), file, unzipped };
  },
});

/** One package inside the bundle, one that npm installed beside it. */
export const packages = action({
  args: {},
  handler: async () => ({ bundled: ms("2h"), external: [isNumber("5"), isNumber("five")] }),
});

const atImport = process.env.GREETING ?? null;

export const environment = action({
  args: {},
  handler: async () => ({ atImport, now: process.env.GREETING ?? null, names: Object.keys(process.env).sort() }),
});

export const addresses = action({
  args: {},
  handler: async () => [process.env.CONVEX_CLOUD_URL, process.env.CONVEX_SITE_URL],
});

export const processId = action({ args: {}, handler: async () => process.pid });
