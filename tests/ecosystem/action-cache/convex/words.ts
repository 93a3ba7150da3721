import { ActionCache } from "@convex-dev/action-cache";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import { action, internalAction, internalMutation, mutation, query } from "./_generated/server";

const cache = new ActionCache(components.actionCache, { action: internal.words.expensive, name: "words", log: true });

export const count = internalMutation({ args: { text: v.string() }, handler: (ctx, call) => ctx.db.insert("calls", call) });

export const expensive = internalAction({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.runMutation(internal.words.count, { text });
    return { upper: text.toUpperCase(), size: BigInt(text.length) };
  },
});

export const cached = action({
  args: { text: v.string(), force: v.optional(v.boolean()), ttl: v.optional(v.number()) },
  handler: (ctx, { text, ...options }): Promise<unknown> => cache.fetch(ctx, { text }, options),
});

export const forget = mutation({ args: { text: v.string() }, handler: (ctx, args) => cache.remove(ctx, args) });
export const forgetAll = mutation({ args: {}, handler: (ctx) => cache.removeAllForName(ctx) });

export const calls = query({
  args: { text: v.string() },
  handler: async (ctx, { text }) => (await ctx.db.query("calls").withIndex("text", (q) => q.eq("text", text)).collect()).length,
});
