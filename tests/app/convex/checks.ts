// Validators of every kind, and values of every kind.
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const echo = query({ args: { value: v.any() }, handler: async (_ctx, { value }) => value });

export const untyped = query(async (_ctx, args: Record<string, unknown>) => args);

export const nothing = query({ args: {}, handler: async () => {} });

export const typed = query({
  args: {
    text: v.string(),
    number: v.number(),
    big: v.int64(),
    flag: v.boolean(),
    bytes: v.bytes(),
    nothing: v.null(),
    maybe: v.optional(v.string()),
    choice: v.union(v.literal("a"), v.literal(1)),
    many: v.array(v.object({ n: v.number() })),
    record: v.record(v.string(), v.number()),
    note: v.optional(v.id("notes")),
  },
  handler: async (_ctx, args) => args,
});

export const one = query({ args: { a: v.object({ b: v.array(v.number()) }) }, handler: async () => null });

export const store = mutation({
  args: { key: v.string(), value: v.any() },
  handler: async (ctx, { key, value }) => await ctx.db.insert("anything", { key, value }),
});

export const load = query({
  args: { key: v.string() },
  handler: async (ctx, { key }) => {
    const found = await ctx.db
      .query("anything")
      .withIndex("by_key", (q) => q.eq("key", key))
      .order("desc")
      .first();
    return found === null ? null : found.value;
  },
});

/** Documents ordered by a key of any type. */
export const sortedKeys = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("anything").withIndex("by_key").collect()).map((d) => d.key ?? null),
});

export const storeKey = mutation({
  args: { key: v.any() },
  handler: async (ctx, { key }) => await ctx.db.insert("anything", { key, value: null }),
});

export const storeWithoutKey = mutation({
  args: {},
  handler: async (ctx) => await ctx.db.insert("anything", { value: null }),
});

export const normalize = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => ctx.db.normalizeId("notes", id),
});

export const big = query({
  args: { bytes: v.number(), salt: v.optional(v.string()) },
  handler: async (_ctx, { bytes, salt }) => (salt ?? "") + "é".repeat(Math.floor(bytes / 2)),
});
