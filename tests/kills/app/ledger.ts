// Every function leaves rows behind: none of them looks whether it ran before.
import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalAction, internalMutation, mutation, query } from "./_generated/server";
import type { ActionCtx } from "./_generated/server";

const args = { key: v.string() };

export const write = mutation({
  args: { key: v.string(), file: v.optional(v.id("_storage")) },
  handler: async (ctx, row) => await ctx.db.insert("ledger", row),
});

export const append = internalMutation({ args, handler: async (ctx, { key }) => await ctx.db.insert("ledger", { key }) });

/** A row of its own, and a job that leaves one more. */
export const scheduleMutation = mutation({
  args: { key: v.string(), delayMs: v.number() },
  handler: async (ctx, { key, delayMs }) => {
    await ctx.db.insert("ledger", { key });
    await ctx.scheduler.runAfter(delayMs, internal.ledger.append, { key: `${key}:job` });
  },
});

/** A row of its own, and a job that leaves two more, one after the other. */
export const scheduleAction = mutation({
  args: { key: v.string(), delayMs: v.number() },
  handler: async (ctx, { key, delayMs }) => {
    await ctx.db.insert("ledger", { key });
    await ctx.scheduler.runAfter(delayMs, internal.ledger.actLater, { key: `${key}:job` });
  },
});

async function twoSteps(ctx: ActionCtx, key: string) {
  await ctx.runMutation(internal.ledger.append, { key: `${key}:1` });
  await new Promise((rest) => setTimeout(rest, 5));
  await ctx.runMutation(internal.ledger.append, { key: `${key}:2` });
}

export const act = action({ args, handler: async (ctx, { key }) => await twoSteps(ctx, key) });

export const actLater = internalAction({ args, handler: async (ctx, { key }) => await twoSteps(ctx, key) });

export const uploadUrl = mutation({ args: {}, handler: async (ctx) => await ctx.storage.generateUploadUrl() });

export const page = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    const { page, isDone, continueCursor } = await ctx.db.query("ledger").paginate(paginationOpts);
    return { keys: page.map((row) => row.key), isDone, continueCursor };
  },
});

/** Jobs as the system table shows them. */
export const jobs = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    const { page, isDone, continueCursor } = await ctx.db.system.query("_scheduled_functions").paginate(paginationOpts);
    const jobs = page.map((job) => ({ name: job.name, key: job.args[0].key as string, state: job.state }));
    return { jobs, isDone, continueCursor };
  },
});

export const files = query({
  args: {},
  handler: async (ctx) => {
    const found = await ctx.db.system.query("_storage").collect();
    return await Promise.all(found.map(async ({ _id, sha256 }) => ({ _id, sha256, url: await ctx.storage.getUrl(_id) })));
  },
});
