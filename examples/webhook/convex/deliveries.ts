// Keeps each delivery once and handles it after the sender was answered.
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, query } from "./_generated/server";

/** Notes a delivery and has it handled; false if it had arrived before. */
export const receive = internalMutation({
  args: { delivery: v.string(), event: v.string(), payload: v.any() },
  returns: v.boolean(),
  handler: async (ctx, args) => {
    const known = await ctx.db
      .query("deliveries")
      .withIndex("by_delivery", (q) => q.eq("delivery", args.delivery))
      .first();
    if (known !== null) return false;
    const id = await ctx.db.insert("deliveries", { ...args, state: "received" });
    await ctx.scheduler.runAfter(0, internal.deliveries.handle, { id });
    return true;
  },
});

/** Where an app would do what the event asks for. */
export const handle = internalMutation({
  args: { id: v.id("deliveries") },
  handler: async (ctx, { id }) => {
    await ctx.db.patch(id, { state: "handled" });
  },
});

export const list = query({ args: {}, handler: async (ctx) => await ctx.db.query("deliveries").order("desc").take(50) });
