import { ShardedCounter } from "@convex-dev/sharded-counter";
import { v } from "convex/values";
import { components } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

const counter = new ShardedCounter(components.shardedCounter, { shards: { many: 8 }, defaultShards: 2 });
const other = new ShardedCounter(components.otherCounter);

export const add = mutation({
  args: { name: v.string(), by: v.number() },
  handler: (ctx, { name, by }) => (by < 0 ? counter.subtract(ctx, name, -by) : counter.add(ctx, name, by)),
});

export const addInAction = action({
  args: { name: v.string(), by: v.number() },
  handler: async (ctx, { name, by }): Promise<number> => {
    await counter.add(ctx, name, by);
    return await counter.count(ctx, name);
  },
});

export const addAndFail = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await counter.inc(ctx, name);
    throw new Error(`at ${await counter.count(ctx, name)}`);
  },
});

export const count = query({ args: { name: v.string() }, handler: (ctx, { name }) => counter.count(ctx, name) });
export const countOther = query({ args: { name: v.string() }, handler: (ctx, { name }) => other.count(ctx, name) });

export const estimate = query({
  args: { name: v.string(), shards: v.number() },
  handler: (ctx, { name, shards }) => counter.estimateCount(ctx, name, shards),
});

export const rebalance = mutation({ args: { name: v.string() }, handler: (ctx, { name }) => counter.rebalance(ctx, name) });
export const reset = mutation({ args: { name: v.string() }, handler: (ctx, { name }) => counter.for(name).reset(ctx) });
