// Actions of the default runtime that call those in Node.js.
import { v } from "convex/values";
import { api, internal } from "./_generated/api";
import { action, mutation } from "./_generated/server";

export const viaNode = action({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<string> => await ctx.runAction(internal.nodeCalls.hidden, { name }),
});

export const wait = action({
  args: { ms: v.number() },
  handler: async (_ctx, { ms }) => await new Promise((done) => setTimeout(() => done(null), ms)),
});

export const scheduleNode = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => await ctx.scheduler.runAfter(0, internal.nodeCalls.hidden, { name }),
});

export const job = mutation({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }) => (await ctx.db.system.get("_scheduled_functions", id))!.state,
});

export const machine = action({
  args: {},
  handler: async (ctx): Promise<unknown> => await ctx.runAction(api.machine.packages, {}),
});
