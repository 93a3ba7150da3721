// Workflows: steps of every kind, in a row and side by side, events, sleep, another workflow, failure.
import { cancel, defineEvent, getStatus, sendEvent, start, vWorkflowId, WorkflowManager } from "@convex-dev/workflow";
import { vResult } from "@convex-dev/workpool";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import { internalAction, internalMutation, internalQuery, mutation, query } from "./_generated/server";

export const workflow = new WorkflowManager(components.workflow, {
  workpoolOptions: { defaultRetryBehavior: { maxAttempts: 3, initialBackoffMs: 10, base: 1.1 }, retryActionsByDefault: true },
});

const approval = defineEvent({ name: "approval", validator: v.object({ by: v.string() }) });

export const record = internalMutation({
  args: { run: v.string(), what: v.string() },
  handler: async (ctx, effect) => {
    await ctx.db.insert("effects", effect);
    return (await ctx.db.query("effects").withIndex("run", (q) => q.eq("run", effect.run)).collect()).length;
  },
});

export const count = internalQuery({
  args: { run: v.string() },
  handler: async (ctx, { run }) => (await ctx.db.query("effects").withIndex("run", (q) => q.eq("run", run)).collect()).length,
});

export const double = internalAction({ args: { number: v.number() }, handler: async (_ctx, { number }) => 2 * number });

export const flaky = internalAction({
  args: { run: v.string(), failures: v.number() },
  handler: async (ctx, { run, failures }): Promise<number> => {
    const attempt: number = await ctx.runMutation(internal.flows.record, { run, what: "flaky" });
    if (attempt <= failures) throw new Error(`flaky attempt ${attempt}`);
    return attempt;
  },
});

/** Every kind of step; time and chance must be the same at every replay, or the workflow would not end. */
export const everything = workflow
  .define({ args: { run: v.string() }, returns: v.object({ doubled: v.array(v.number()), seen: v.number(), inner: v.string() }) })
  .handler(async (step, { run }) => {
    const started = Date.now();
    const chance = Math.random();
    await step.runMutation(internal.flows.record, { run, what: `chance ${chance}` });
    const doubled = await Promise.all([1, 2, 3].map((number) => step.runAction(internal.flows.double, { number })));
    await step.sleep(20);
    const seen: number = await step.runQuery(internal.flows.count, { run });
    const inner: string = await step.runWorkflow(internal.flows.greeting, { name: run });
    if (Date.now() < started) throw new Error("time went backwards");
    await step.runMutation(internal.flows.record, { run, what: `chance ${chance}` }, { inline: true });
    return { doubled, seen, inner };
  });

export const greeting = workflow
  .define({ args: { name: v.string() }, returns: v.string() })
  .handler(async (step, { name }) => `hello ${name}, ${await step.runAction(internal.flows.double, { number: 21 })}`);

export const approve = workflow.define({ args: { run: v.string() }, returns: v.string() }).handler(async (step, { run }) => {
  await step.runMutation(internal.flows.record, { run, what: "asked" });
  const { by } = await step.awaitEvent(approval);
  return `approved by ${by}`;
});

export const stubborn = workflow
  .define({ args: { run: v.string(), failures: v.number() }, returns: v.number() })
  .handler(async (step, args): Promise<number> => await step.runAction(internal.flows.flaky, args));

export const ended = internalMutation({
  args: { workflowId: vWorkflowId, result: vResult, context: v.object({ run: v.string() }) },
  handler: (ctx, { result, context }) => ctx.db.insert("outcomes", { run: context.run, result }),
});

const options = (run: string) => ({ onComplete: internal.flows.ended, context: { run } });

export const startEverything = mutation({
  args: { run: v.string() },
  handler: (ctx, args) => start(ctx, internal.flows.everything, args, options(args.run)),
});

export const startApproval = mutation({
  args: { run: v.string() },
  handler: (ctx, args) => start(ctx, internal.flows.approve, args, options(args.run)),
});

export const startStubborn = mutation({
  args: { run: v.string(), failures: v.number() },
  handler: (ctx, args) => start(ctx, internal.flows.stubborn, args, options(args.run)),
});

export const sendApproval = mutation({
  args: { id: vWorkflowId, by: v.string() },
  handler: (ctx, { id, by }) => sendEvent(ctx, components.workflow, { ...approval, workflowId: id, value: { by } }),
});

export const stop = mutation({ args: { id: vWorkflowId }, handler: (ctx, { id }) => cancel(ctx, components.workflow, id) });

export const status = query({
  args: { id: vWorkflowId },
  handler: async (ctx, { id }) => (await getStatus(ctx, components.workflow, id)).type,
});

export const effects = query({
  args: { run: v.string() },
  handler: async (ctx, { run }) =>
    (await ctx.db.query("effects").withIndex("run", (q) => q.eq("run", run)).collect()).map(({ what }) => what),
});

export const outcome = query({
  args: { run: v.string() },
  handler: async (ctx, { run }) =>
    (await ctx.db.query("outcomes").withIndex("run", (q) => q.eq("run", run)).unique())?.result ?? null,
});
