import { ActionRetrier, runIdValidator, runResultValidator } from "@convex-dev/action-retrier";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import { action, internalAction, internalMutation, mutation, query } from "./_generated/server";

const retrier = new ActionRetrier(components.actionRetrier, { initialBackoffMs: 5, base: 1.1, maxFailures: 3 });

export const count = internalMutation({
  args: { job: v.string() },
  handler: async (ctx, { job }) => {
    const row = await ctx.db.query("attempts").withIndex("job", (q) => q.eq("job", job)).unique();
    if (row) await ctx.db.patch(row._id, { count: row.count + 1 });
    else await ctx.db.insert("attempts", { job, count: 1 });
    return (row?.count ?? 0) + 1;
  },
});

export const attempt = internalAction({
  args: { job: v.string(), failures: v.number() },
  handler: async (ctx, { job, failures }): Promise<number> => {
    const attempt: number = await ctx.runMutation(internal.jobs.count, { job });
    if (attempt <= failures) throw new Error(`attempt ${attempt} failed`);
    return attempt;
  },
});

export const finished = internalMutation({
  args: { runId: runIdValidator, result: runResultValidator },
  handler: (ctx, row) => ctx.db.insert("results", row),
});

const args = { job: v.string(), failures: v.number() };
const options = { onComplete: internal.jobs.finished };

export const run = mutation({ args, handler: (ctx, args) => retrier.run(ctx, internal.jobs.attempt, args, options) });
export const runInAction = action({
  args,
  handler: (ctx, args): Promise<string> => retrier.run(ctx, internal.jobs.attempt, args, options),
});
export const runLater = mutation({
  args,
  handler: (ctx, args) => retrier.runAfter(ctx, 3_600_000, internal.jobs.attempt, args, options),
});

export const status = query({ args: { id: runIdValidator }, handler: (ctx, { id }) => retrier.status(ctx, id) });
export const cancel = mutation({ args: { id: runIdValidator }, handler: (ctx, { id }) => retrier.cancel(ctx, id) });
export const cleanup = mutation({ args: { id: runIdValidator }, handler: (ctx, { id }) => retrier.cleanup(ctx, id) });

export const result = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) =>
    (await ctx.db.query("results").withIndex("runId", (q) => q.eq("runId", id)).unique())?.result ?? null,
});
