import { Crons } from "@convex-dev/crons";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import { internalAction, internalMutation, mutation, query } from "./_generated/server";

const crons = new Crons(components.crons);

export const tick = internalMutation({ args: { name: v.string() }, handler: (ctx, tick) => ctx.db.insert("ticks", tick) });

export const tickInAction = internalAction({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.runMutation(internal.clock.tick, { name });
  },
});

export const tickOnce = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert("ticks", { name });
    await crons.delete(ctx, { name });
  },
});

const name = v.string();
const kind = v.union(v.literal("tick"), v.literal("tickInAction"), v.literal("tickOnce"));

export const every = mutation({
  args: { name, kind, ms: v.number() },
  handler: (ctx, { name, kind, ms }) => crons.register(ctx, { kind: "interval", ms }, internal.clock[kind], { name }, name),
});

export const at = mutation({
  args: { name, cronspec: v.string(), tz: v.optional(v.string()) },
  handler: (ctx, { name, ...spec }) => crons.register(ctx, { kind: "cron", ...spec }, internal.clock.tick, { name }, name),
});

export const remove = mutation({ args: { name }, handler: (ctx, { name }) => crons.delete(ctx, { name }) });

export const get = query({
  args: { name },
  handler: async (ctx, { name }) => {
    const found = await crons.get(ctx, { name });
    return found && { schedule: found.schedule, args: found.args };
  },
});

export const names = query({ args: {}, handler: async (ctx) => (await crons.list(ctx)).map((cron) => cron.name) });

export const ticks = query({
  args: { name },
  handler: async (ctx, { name }) => (await ctx.db.query("ticks").withIndex("name", (q) => q.eq("name", name)).collect()).length,
});
