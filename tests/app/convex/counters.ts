// A hot document: every caller writes the same one.
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const read = query({
  args: { name: v.string() },
  returns: v.number(),
  handler: async (ctx, { name }) => {
    const counter = await ctx.db
      .query("counters")
      .withIndex("by_name", (q) => q.eq("name", name))
      .unique();
    return counter?.value ?? 0;
  },
});

export const bump = mutation({
  args: { name: v.string(), by: v.optional(v.number()) },
  returns: v.number(),
  handler: async (ctx, { name, by }) => {
    const counter = await ctx.db
      .query("counters")
      .withIndex("by_name", (q) => q.eq("name", name))
      .unique();
    const value = (counter?.value ?? 0) + (by ?? 1);
    if (counter === null) {
      await ctx.db.insert("counters", { name, value });
    } else {
      await ctx.db.patch(counter._id, { value });
    }
    return value;
  },
});

/** Fails after its write, which must not be seen. */
export const bumpAndThrow = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert("counters", { name, value: 1000 });
    throw new Error("after the write");
  },
});
