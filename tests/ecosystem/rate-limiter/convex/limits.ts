import { HOUR, RateLimiter } from "@convex-dev/rate-limiter";
import { v } from "convex/values";
import { components } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

const limiter = new RateLimiter(components.rateLimiter, {
  letters: { kind: "token bucket", rate: 2, period: HOUR, capacity: 3 },
  calls: { kind: "fixed window", rate: 2, period: HOUR, start: 0, maxReserved: 2 },
  tokens: { kind: "token bucket", rate: 100, period: HOUR, shards: 4 },
  lazy: { kind: "fixed window", rate: 5, period: HOUR, start: 0, applyUpdates: "asynchronously" },
});

const name = v.union(v.literal("letters"), v.literal("calls"), v.literal("tokens"), v.literal("lazy"));
const options = { key: v.optional(v.string()), count: v.optional(v.number()) };

export const take = mutation({
  args: { name, ...options, reserve: v.optional(v.boolean()), throws: v.optional(v.boolean()) },
  handler: (ctx, { name, ...options }) => limiter.limit(ctx, name, options),
});

export const takeInAction = action({
  args: { name, ...options },
  handler: (ctx, { name, ...options }): Promise<unknown> => limiter.limit(ctx, name, options),
});

export const takeAndFail = mutation({
  args: { name, ...options },
  handler: async (ctx, { name, ...options }) => {
    const { ok } = await limiter.limit(ctx, name, options);
    throw new Error(`taken: ${ok}`);
  },
});

export const check = query({
  args: { name, ...options },
  handler: async (ctx, { name, ...options }) => (await limiter.check(ctx, name, options)).ok,
});

export const left = query({
  args: { name, key: v.optional(v.string()) },
  handler: async (ctx, { name, key }) => Math.floor((await limiter.getValue(ctx, name, { key })).value),
});

export const reset = mutation({
  args: { name, key: v.optional(v.string()) },
  handler: (ctx, { name, key }) => limiter.reset(ctx, name, { key }),
});

export const inline = mutation({
  args: { rate: v.number() },
  handler: (ctx, { rate }) => limiter.limit(ctx, "inline", { config: { kind: "fixed window", rate, period: HOUR } }),
});

export const { getRateLimit, getServerTime } = limiter.hookAPI("letters", { key: async (_ctx, key) => key ?? "nobody" });
