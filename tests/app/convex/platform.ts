// What user code sees of the world: time, chance, logs, the environment, who is asking.
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

declare const process: { env: Record<string, string | undefined> };

let callsInThisHeap = 0;

export const heapIsFresh = query({
  args: { salt: v.number() },
  handler: async () => {
    callsInThisHeap += 1;
    (globalThis as Record<string, unknown>)["leak"] = ((globalThis as Record<string, unknown>)["leak"] as number ?? 0) + 1;
    return { module: callsInThisHeap, global: (globalThis as Record<string, unknown>)["leak"] };
  },
});

export const clock = mutation({
  args: {},
  handler: async () => {
    const before = Date.now();
    for (let i = 0, sum = 0; i < 100_000; i++) sum += i;
    return { before, after: Date.now() };
  },
});

export const dice = mutation({ args: {}, handler: async () => [Math.random(), Math.random()] });

export const logs = query({
  args: {},
  handler: async () => {
    console.log("hello", { a: 1 });
    console.warn("careful");
    console.error("bad");
    return null;
  },
});

export const greeting = query({ args: {}, handler: async () => process.env.GREETING ?? null });

export const whoami = query({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });

export const whoamiMutation = mutation({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });
