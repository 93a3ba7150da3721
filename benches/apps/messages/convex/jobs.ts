// Scheduled functions: what the `jobs` benchmark calls.
import {
  internalMutationGeneric as internalMutation,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const noteReference = makeFunctionReference<"mutation">("jobs:note");

/** Schedules `count` jobs for one moment. */
export const schedule = mutation({
  args: { count: v.number(), at: v.number() },
  handler: async (ctx, { count, at }) => {
    for (let n = 0; n < count; n++) await ctx.scheduler.runAt(at, noteReference, { room: `job ${n % 100}` });
  },
});

/** What a job does: one small write. */
export const note = internalMutation({
  args: { room: v.string() },
  handler: async (ctx, { room }) => {
    await ctx.db.insert("messages", { room, body: "done" });
  },
});

/** How many messages the jobs of one room left. */
export const done = query({
  args: { room: v.string() },
  handler: async (ctx, { room }) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_room", (q) => q.eq("room", room))
      .collect();
    return messages.length;
  },
});
