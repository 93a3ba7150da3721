"use node";
// The same actions in Node.js.
import { actionGeneric as action, anyApi } from "convex/server";
import { v } from "convex/values";
import { digest, wait } from "./work";

export const look = action({
  args: { id: v.id("items") },
  handler: async (ctx, { id }) => digest(await ctx.runQuery(anyApi.items.payloadOf, { id })),
});

export const pause = action({ args: { ms: v.number() }, handler: async (_ctx, { ms }) => await wait(ms) });
