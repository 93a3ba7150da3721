"use node";
// What actions in Node.js ask of the rest of the app.
import { ConvexError, v } from "convex/values";
import { api, internal } from "./_generated/api";
import { action, internalAction } from "./_generated/server";
import type { Id } from "./_generated/dataModel";

export const bump = action({
  args: { name: v.string(), times: v.number() },
  returns: v.number(),
  handler: async (ctx, { name, times }): Promise<number> => {
    for (let i = 0; i < times; i++) await ctx.runMutation(api.counters.bump, { name });
    return await ctx.runQuery(api.counters.read, { name });
  },
});

export const bumpTogether = action({
  args: { name: v.string(), times: v.number() },
  handler: async (ctx, { name, times }): Promise<number[]> =>
    await Promise.all(Array.from({ length: times }, () => ctx.runMutation(api.counters.bump, { name }))),
});

export const viaAction = action({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<unknown> => [
    await ctx.runAction(internal.nodeCalls.hidden, { name }),
    await ctx.runAction(api.plainActions.viaNode, { name }),
  ],
});

export const hidden = internalAction({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<string> => `${name} ${await ctx.runMutation(api.counters.bump, { name })}`,
});

export const caught = action({
  args: {},
  handler: async (ctx) => {
    const of = async (call: Promise<unknown>) => {
      try {
        return await call;
      } catch (error) {
        return { isConvexError: error instanceof ConvexError, data: error instanceof ConvexError ? error.data : null, message: (error as Error).message };
      }
    };
    return {
      data: await of(ctx.runMutation(api.failures.withData, { data: { code: 7n } })),
      plain: await of(ctx.runQuery(api.failures.boom, {})),
      args: await of(ctx.runQuery(api.counters.read, {} as never)),
      missing: await of(ctx.runQuery("nowhere:nothing" as never, {})),
    };
  },
});

export const schedule = action({
  args: { name: v.string(), delayMs: v.number() },
  handler: async (ctx, { name, delayMs }): Promise<Id<"_scheduled_functions">> =>
    await ctx.scheduler.runAfter(delayMs, internal.nodeCalls.hidden, { name }),
});

export const cancel = action({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }) => await ctx.scheduler.cancel(id),
});

export const files = action({
  args: { bytes: v.number() },
  handler: async (ctx, { bytes }) => {
    const content = Buffer.alloc(bytes, "abc");
    const id = await ctx.storage.store(new Blob([content], { type: "text/x-test" }));
    const blob = await ctx.storage.get(id);
    const same = Buffer.from(await blob!.arrayBuffer()).equals(content);
    const url = await ctx.storage.getUrl(id);
    const metadata = await ctx.storage.getMetadata(id);
    const fetched = (await (await fetch(url!)).text()).length;
    await ctx.storage.delete(id);
    return { same, type: blob!.type, fetched, size: metadata!.size, after: await ctx.storage.get(id) };
  },
});

export const uploads = action({
  args: { text: v.string() },
  handler: async (ctx, { text }): Promise<string> => {
    const url = await ctx.storage.generateUploadUrl();
    const response = await fetch(url, { method: "POST", body: text });
    const { storageId } = (await response.json()) as { storageId: Id<"_storage"> };
    return await (await ctx.storage.get(storageId))!.text();
  },
});

export const whoAmI = action({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });

export const meta = action({
  args: {},
  handler: async (ctx) => ({ keys: Object.keys(ctx).sort(), ...(await ctx.meta.getFunctionMetadata()) }),
});
