// Values that do not travel: `undefined`, and what is no value at all.
import { v } from "convex/values";
import { api, internal } from "./_generated/api";
import { action, internalMutation, mutation, query } from "./_generated/server";

const gaps = () => ({ kept: 1, gone: undefined, deep: { kept: 2, gone: undefined }, list: [{ gone: undefined }] });

export const insertsGaps = mutation({
  args: { key: v.string() },
  handler: async (ctx, { key }) => {
    const id = await ctx.db.insert("anything", { key, gone: undefined, value: gaps() } as any);
    return await ctx.db.get(id);
  },
});

export const patchesGaps = mutation({
  args: { id: v.id("anything") },
  handler: async (ctx, { id }) => {
    await ctx.db.patch(id, { value: gaps(), key: undefined } as any);
    return await ctx.db.get(id);
  },
});

export const replacesGaps = mutation({
  args: { id: v.id("anything") },
  handler: async (ctx, { id }) => {
    await ctx.db.replace(id, { key: "replaced", gone: undefined, value: gaps() } as any);
    return await ctx.db.get(id);
  },
});

export const returnsGaps = query({ args: {}, handler: async () => gaps() });

export const passesGaps = query({
  args: {},
  handler: async (ctx): Promise<any> => await ctx.runQuery(api.checks.untyped, gaps() as any),
});

export const schedulesGaps = mutation({
  args: {},
  handler: async (ctx): Promise<any> => {
    const id = await ctx.scheduler.runAfter(3_600_000, internal.values.ignores, gaps() as any);
    return (await ctx.db.system.get(id))!.args;
  },
});

export const ignores = internalMutation({ args: v.any(), handler: async () => null });

export const actionWithGaps = action({
  args: {},
  handler: async (ctx): Promise<any> => ({ ...gaps(), passed: await ctx.runQuery(api.checks.untyped, gaps() as any) }),
});

/** Where a list with a gap is refused, and what it says. */
export const refusals = mutation({
  args: {},
  handler: async (ctx): Promise<any> => {
    const list = [1, undefined] as any;
    const told = async (work: () => Promise<unknown>): Promise<unknown> => {
      try {
        return await work();
      } catch (error) {
        return (error as Error).message;
      }
    };
    return {
      insert: await told(() => ctx.db.insert("anything", { value: list })),
      argument: await told(() => ctx.runQuery(api.checks.echo, { value: list })),
      job: await told(() => ctx.scheduler.runAfter(0, internal.values.ignores, { list })),
    };
  },
});

const oddities: Record<string, (ctx: any) => unknown> = {
  "a query": (ctx) => ctx.db.query("notes"),
  "a query in progress": (ctx) => ctx.db.query("notes").order("desc"),
  "a query inside an object": (ctx) => ({ found: ctx.db.query("notes") }),
  "a function": () => () => "called",
  "a date": () => new Date(0),
  "a date inside": () => ({ at: [new Date(0)] }),
  "a map": () => new Map([["a", 1]]),
  "a set": () => new Set(),
  "an instance": () => new (class Point { x = 1; })(),
  "a symbol": () => Symbol("s"),
  "a typed array": () => new Uint8Array(2),
  "a list with a gap": () => [1, undefined],
  "a huge integer": () => 2n ** 63n,
  "a reserved field": () => ({ $a: 1 }),
  "a long list": () => Array.from({ length: 8193 }, () => 1),
  "a wide object": () => Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`f${i}`, 1])),
};

export const returnsFromQuery = query({ args: { what: v.string() }, handler: (ctx, { what }) => oddities[what]!(ctx) as any });
export const returnsFromMutation = mutation({ args: { what: v.string() }, handler: (ctx, { what }) => oddities[what]!(ctx) as any });
export const returnsFromAction = action({
  args: { what: v.string() },
  handler: async (_, { what }) => (what.startsWith("a query") ? null : oddities[what]!(null)) as any,
});
