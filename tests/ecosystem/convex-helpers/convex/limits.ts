// Rate limits kept in the app's own table.
import { v } from "convex/values";
import { defineRateLimits } from "convex-helpers/server/rateLimit";
import { mutation, query } from "./_generated/server";

const HOUR = 3_600_000;

const { checkRateLimit, rateLimit, resetRateLimit } = defineRateLimits({
  letters: { kind: "token bucket", rate: 2, period: HOUR, capacity: 3 },
  calls: { kind: "fixed window", rate: 2, period: HOUR, start: 0 },
});

const limit = v.union(v.literal("letters"), v.literal("calls"));

export const take = mutation({
  args: { limit, key: v.string(), count: v.optional(v.number()), throws: v.optional(v.boolean()) },
  handler: (ctx, { limit, ...args }) => rateLimit(ctx, { name: limit, ...args }),
});

export const check = query({
  args: { limit, key: v.string() },
  handler: async (ctx, { limit, key }) => (await checkRateLimit(ctx, { name: limit, key })).ok,
});

export const reset = mutation({
  args: { limit, key: v.string() },
  handler: (ctx, { limit, key }) => resetRateLimit(ctx, { name: limit, key }),
});
