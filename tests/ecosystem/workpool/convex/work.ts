// Two pools: one that runs a single job at a time, and one for actions that are tried again.
import { NonRetryableError, vWorkId, Workpool } from "@convex-dev/workpool";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import type { DataModel } from "./_generated/dataModel";
import { internalAction, internalMutation, internalQuery, mutation, query } from "./_generated/server";

const serial = new Workpool(components.serial, { maxParallelism: 1 });
const wide = new Workpool(components.wide, {
  maxParallelism: 5,
  retryActionsByDefault: true,
  defaultRetryBehavior: { maxAttempts: 3, initialBackoffMs: 10, base: 1.1 },
});

export const note = internalMutation({
  args: { job: v.string(), what: v.string() },
  handler: async (ctx, event) => {
    await ctx.db.insert("events", event);
    const all = await ctx.db.query("events").withIndex("job", (q) => q.eq("job", event.job)).collect();
    return all.length;
  },
});

/** Succeeds at the attempt that is asked for; 0 means never, -1 not even a second time. */
export const attempt = internalAction({
  args: { job: v.string(), succeedAt: v.number() },
  handler: async (ctx, { job, succeedAt }): Promise<string> => {
    const count: number = await ctx.runMutation(internal.work.note, { job, what: "attempt" });
    if (count === succeedAt) return `done at ${count}`;
    if (succeedAt < 0) throw new NonRetryableError("hopeless");
    throw new Error(`attempt ${count} failed`);
  },
});

/** Holds its place in the serial pool for a while, so that two at once would be seen. */
export const slow = internalAction({
  args: { job: v.string(), name: v.string() },
  handler: async (ctx, { job, name }) => {
    await ctx.runMutation(internal.work.note, { job, what: `${name} begins` });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await ctx.runMutation(internal.work.note, { job, what: `${name} ends` });
  },
});

export const countEvents = internalQuery({
  args: { job: v.string() },
  handler: async (ctx, { job }) =>
    (await ctx.db.query("events").withIndex("job", (q) => q.eq("job", job)).collect()).length,
});

export const finished = wide.defineOnComplete<DataModel>({
  context: v.object({ label: v.string() }),
  handler: async (ctx, { context, result }) => {
    const detail = result.kind === "success" ? result.returnValue : result.kind === "failed" ? result.error : null;
    await ctx.db.insert("outcomes", { label: context.label, kind: result.kind, detail });
  },
});

const completion = (label: string) => ({ onComplete: internal.work.finished, context: { label } });

export const enqueueAttempt = mutation({
  args: { job: v.string(), succeedAt: v.number(), retry: v.optional(v.boolean()) },
  handler: (ctx, { retry, ...args }) =>
    wide.enqueueAction(ctx, internal.work.attempt, args, { retry, ...completion(args.job) }),
});

export const enqueueSlow = mutation({
  args: { job: v.string(), names: v.array(v.string()) },
  handler: (ctx, { job, names }) =>
    serial.enqueueActionBatch(ctx, internal.work.slow, names.map((name) => ({ job, name }))),
});

export const enqueueMutation = mutation({
  args: { job: v.string(), fail: v.boolean() },
  handler: async (ctx, { job, fail }) => {
    const id = await wide.enqueueMutation(ctx, internal.work.note, { job, what: "mutation" }, completion(job));
    if (fail) throw new Error(`not ${typeof id}`);
    return id;
  },
});

export const enqueueQuery = mutation({
  args: { job: v.string(), label: v.string() },
  handler: (ctx, { job, label }) => wide.enqueueQuery(ctx, internal.work.countEvents, { job }, completion(label)),
});

export const enqueueLater = mutation({
  args: { job: v.string() },
  handler: (ctx, { job }) =>
    wide.enqueueMutation(ctx, internal.work.note, { job, what: "late" }, { runAfter: 3_600_000, ...completion(job) }),
});

export const cancel = mutation({ args: { id: vWorkId }, handler: (ctx, { id }) => wide.cancel(ctx, id) });
export const status = query({ args: { id: vWorkId }, handler: (ctx, { id }) => wide.status(ctx, id) });

export const events = query({
  args: { job: v.string() },
  handler: async (ctx, { job }) =>
    (await ctx.db.query("events").withIndex("job", (q) => q.eq("job", job)).collect()).map(({ what }) => what),
});

export const outcome = query({
  args: { label: v.string() },
  handler: async (ctx, { label }) => {
    const found = await ctx.db.query("outcomes").withIndex("label", (q) => q.eq("label", label)).unique();
    return found && { kind: found.kind, detail: found.detail };
  },
});
