"use node";
// Every way an action in Node.js can end badly, or leave something behind.
import { ConvexError, v } from "convex/values";
import { api } from "./_generated/api";
import { action } from "./_generated/server";
import { refuse } from "./lib/digests";

export const speaks = action({
  args: { lines: v.number() },
  handler: async () => {
    console.log("hi", 1, { a: [1, 2] });
    console.warn("careful");
    console.error(new Map([["k", 1]]));
  },
});

export const floods = action({
  args: { lines: v.number() },
  handler: async (_ctx, { lines }) => {
    for (let i = 0; i < lines; i++) console.log(i);
  },
});

export const throwsData = action({
  args: {},
  handler: async () => {
    throw new ConvexError({ code: 7n });
  },
});

export const throwsDeep = action({ args: {}, handler: async () => refuse("too deep") });

export const throwsText = action({
  args: {},
  handler: async () => {
    throw "just text";
  },
});

export const wrongReturn = action({
  args: { n: v.optional(v.number()) },
  returns: v.number(),
  handler: async () => "no number" as unknown as number,
});

export const exits = action({
  args: {},
  handler: async () => {
    process.exit(3);
  },
});

export const rejects = action({
  args: {},
  handler: async () => {
    void Promise.reject(new RangeError("nobody listens"));
    await new Promise(() => {});
  },
});

/** Says that it has begun, then takes its process with it. */
export const dies = action({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.runMutation(api.counters.bump, { name });
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => {});
  },
});

/** Waits until somebody bumps the counter named `until`. */
export const waits = action({
  args: { began: v.string(), until: v.string() },
  handler: async (ctx, { began, until }): Promise<number> => {
    await ctx.runMutation(api.counters.bump, { name: began });
    for (;;) {
      const value = await ctx.runQuery(api.counters.read, { name: until });
      if (value > 0) return value;
      await new Promise((look) => setTimeout(look, 20));
    }
  },
});

export const hangs = action({
  args: {},
  handler: async () => {
    await new Promise(() => {});
  },
});

export const spins = action({
  args: {},
  handler: async () => {
    for (;;) {
      // Never ends by itself.
    }
  },
});

export const echo = action({ args: { text: v.string() }, handler: async (_ctx, { text }) => text.length });

export const dangles = action({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    void ctx.runMutation(api.counters.bump, { name });
  },
});

let left: ((name: string) => Promise<unknown>) | undefined;

export const leaves = action({
  args: {},
  handler: async (ctx) => {
    left = (name) => ctx.runMutation(api.counters.bump, { name });
  },
});

export const usesWhatWasLeft = action({
  args: { name: v.string() },
  handler: async (_ctx, { name }) => await left?.(name),
});
