// Every way a function can end badly.
import { ConvexError, v } from "convex/values";
import { mutation, query } from "./_generated/server";
import type { Id } from "./_generated/dataModel";

export const boom = query({
  args: {},
  handler: async () => {
    throw new Error("boom");
  },
});

export const boomMutation = mutation({
  args: {},
  handler: async () => {
    throw new Error("boom");
  },
});

export const withData = mutation({
  args: { data: v.any() },
  handler: async (_ctx, { data }) => {
    throw new ConvexError(data);
  },
});

export const withDataQuery = query({
  args: { data: v.any() },
  handler: async (_ctx, { data }) => {
    throw new ConvexError(data);
  },
});

export const throwsString = query({
  args: {},
  handler: async () => {
    throw "just text";
  },
});

/** Throws while the list is empty, so that a subscription goes from failing to well. */
export const failsWhileEmpty = query({
  args: { list: v.string() },
  handler: async (ctx, { list }) => {
    const note = await ctx.db
      .query("notes")
      .withIndex("by_list", (q) => q.eq("list", list))
      .first();
    if (note === null) throw new ConvexError({ empty: list });
    return note.text;
  },
});

export const wrongReturn = mutation({
  args: { name: v.string() },
  returns: v.number(),
  handler: async (ctx, { name }) => {
    await ctx.db.insert("counters", { name, value: 1 });
    return "not a number" as unknown as number;
  },
});

export const wrongDocument = mutation({
  args: { document: v.any() },
  handler: async (ctx, { document }) => await ctx.db.insert("notes", document),
});

export const missing = mutation({
  args: { id: v.id("notes"), operation: v.union(v.literal("patch"), v.literal("replace"), v.literal("delete")) },
  handler: async (ctx, { id, operation }) => {
    if (operation === "patch") await ctx.db.patch(id, { text: "t" });
    if (operation === "replace") await ctx.db.replace(id, { list: "l", text: "t", rank: 0 });
    if (operation === "delete") await ctx.db.delete(id);
  },
});

export const writesInQuery = query({
  args: {},
  handler: async (ctx) => {
    const writer = ctx.db as unknown as { insert: (table: string, value: object) => Promise<unknown> };
    if (typeof writer.insert !== "function") throw new Error("no insert in a query");
    await writer.insert("counters", { name: "sneaky", value: 1 });
  },
});

export const wrongTable = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => await ctx.db.get(id as Id<"notes">),
});

export const fetches = query({
  args: {},
  handler: async () => {
    await fetch("http://127.0.0.1:9/");
  },
});

export const spins = query({
  args: {},
  handler: async () => {
    for (;;) {
      // Never ends by itself.
    }
  },
});

export const hogsMemory = query({
  args: {},
  handler: async () => {
    const kept: string[] = [];
    for (let i = 0; ; i++) kept.push("x".repeat(1 << 16) + i);
  },
});

export const recursesForever = query({
  args: {},
  handler: async () => {
    const deeper = (n: number): number => deeper(n + 1) + 1;
    return deeper(0);
  },
});
