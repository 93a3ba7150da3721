"use node";
// Shared by modules for Node.js: the bundler makes a chunk of it.
import { createHash } from "node:crypto";

export function sha256(text: string) {
  return createHash("sha256").update(text).digest("hex");
}

export function refuse(why: string): never {
  throw new RangeError(why);
}
