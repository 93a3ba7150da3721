// Action retries, and custom actions.
import { v } from "convex/values";
import { customAction } from "convex-helpers/server/customFunctions";
import { makeActionRetrier } from "convex-helpers/server/retries";
import { api, internal } from "./_generated/api";
import { action, internalAction, internalMutation, mutation } from "./_generated/server";

export const { runWithRetries, retry } = makeActionRetrier("retries:retry", { waitBackoff: 10, retryBackoff: 10 });

export const note = internalMutation({
  args: { sessionId: v.string() },
  handler: async (ctx, { sessionId }) => {
    await ctx.db.insert("visits", { sessionId, page: "attempt" });
    return (await ctx.db.query("visits").withIndex("sessionId", (q) => q.eq("sessionId", sessionId)).collect()).length;
  },
});

export const flaky = internalAction({
  args: { sessionId: v.string(), failures: v.number() },
  handler: async (ctx, { sessionId, failures }) => {
    const attempt: number = await ctx.runMutation(internal.retries.note, { sessionId });
    if (attempt <= failures) throw new Error(`attempt ${attempt}`);
  },
});

export const start = mutation({
  args: { sessionId: v.string(), failures: v.number() },
  handler: (ctx, args) => runWithRetries(ctx, internal.retries.flaky, args),
});

const actionWithToken = customAction(action, {
  args: { token: v.string() },
  input: async (ctx, { token }) => ({
    ctx: { greeting: (await ctx.runQuery(api.custom.whoAmI, { token, greeting: "Hi" })) as string },
    args: {},
  }),
});

export const greet = actionWithToken({ args: { again: v.boolean() }, handler: async (ctx, { again }) => [ctx.greeting, again] });
