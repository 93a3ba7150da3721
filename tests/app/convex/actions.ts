// Actions: what waits for the world.
import { ConvexError, v } from "convex/values";
import { api, internal } from "./_generated/api";
import { action, internalAction, internalMutation, internalQuery, mutation, query } from "./_generated/server";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const copy = action({
  args: { list: v.string(), text: v.string() },
  returns: v.object({ id: v.id("notes"), text: v.string() }),
  handler: async (ctx, { list, text }): Promise<{ id: any; text: string }> => {
    console.log("copying", text);
    const id = await ctx.runMutation(internal.actions.write, { list, text });
    const note: any = await ctx.runQuery(internal.actions.read, { id });
    console.warn("copied");
    return { id, text: note.text };
  },
});

export const write = internalMutation({
  args: { list: v.string(), text: v.string() },
  handler: async (ctx, { list, text }) => await ctx.db.insert("notes", { list, text, rank: 0 }),
});

export const read = internalQuery({ args: { id: v.id("notes") }, handler: async (ctx, { id }) => await ctx.db.get(id) });

export const texts = query({
  args: { list: v.string() },
  handler: async (ctx, { list }) => {
    const notes = await ctx.db.query("notes").filter((q) => q.eq(q.field("list"), list)).collect();
    return notes.map((note) => note.text);
  },
});

export const wrongReturn = action({ args: {}, returns: v.string(), handler: async (): Promise<any> => 7 });

export const whoami = action({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });

export const metadata = action({
  args: {},
  handler: async (ctx) => {
    const { meta } = ctx as any;
    return [await meta.getFunctionMetadata(), await meta.getDeploymentMetadata(), await meta.getRequestMetadata()];
  },
});

export const waits = action({
  args: { ms: v.number() },
  handler: async (_, { ms }) => {
    await sleep(ms);
    return "woke";
  },
});

export const failsWithData = action({
  args: {},
  handler: async () => {
    throw new ConvexError({ code: 1n, text: "told" });
  },
});

export const catches = action({
  args: {},
  handler: async (ctx): Promise<any> => {
    try {
      return await ctx.runAction(api.actions.failsWithData, {});
    } catch (error) {
      return { isConvexError: error instanceof ConvexError, data: (error as any).data };
    }
  },
});

export const hidden = internalAction({ args: {}, handler: async () => "hidden" });

export const callsHidden = action({ args: {}, handler: async (ctx): Promise<string> => await ctx.runAction(internal.actions.hidden, {}) });

export const forgets = action({
  args: { list: v.string() },
  handler: async (ctx, { list }) => {
    void ctx.runMutation(internal.actions.write, { list, text: "forgotten" });
    return "done";
  },
});

export const stores = action({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const id = await ctx.storage.store(new Blob([text], { type: "text/plain" }));
    const back = await ctx.storage.get(id);
    const url = await ctx.storage.getUrl(id);
    await ctx.storage.delete(id);
    return { text: await back!.text(), type: back!.type, url, gone: await ctx.storage.get(id) };
  },
});

// Jobs.

export const later = mutation({
  args: { list: v.string(), ms: v.number() },
  handler: async (ctx, { list, ms }): Promise<string> =>
    await ctx.scheduler.runAfter(ms, internal.actions.job, { list }),
});

export const laterFromAction = action({
  args: { list: v.string(), ms: v.number() },
  handler: async (ctx, { list, ms }): Promise<any> => await ctx.scheduler.runAfter(ms, internal.actions.job, { list }),
});

export const job = internalAction({
  args: { list: v.string() },
  handler: async (ctx, { list }) => {
    await ctx.runMutation(internal.actions.write, { list, text: "began" });
    while (!(await ctx.runQuery(api.actions.texts, { list })).includes("go")) await sleep(20);
    const identity = await ctx.auth.getUserIdentity();
    await ctx.runMutation(internal.actions.write, { list, text: `identity ${JSON.stringify(identity)}` });
  },
});

export const go = mutation({
  args: { list: v.string() },
  handler: async (ctx, { list }) => await ctx.db.insert("notes", { list, text: "go", rank: 0 }),
});

export const state = query({ args: { id: v.id("_scheduled_functions") }, handler: async (ctx, { id }) => await ctx.db.system.get(id) });

export const cancel = mutation({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }) => await ctx.scheduler.cancel(id),
});
