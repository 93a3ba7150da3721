// Messages in rooms: what the `live` and `memory` benchmarks call.
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

/** Adds one message. */
export const send = mutation({
  args: { room: v.string(), body: v.string() },
  handler: async (ctx, { room, body }) => await ctx.db.insert("messages", { room, body }),
});

/** The newest message of a room. */
export const newest = query({
  args: { room: v.string() },
  handler: async (ctx, { room }) => {
    const message = await ctx.db
      .query("messages")
      .withIndex("by_room", (q) => q.eq("room", room))
      .order("desc")
      .first();
    return message?.body ?? null;
  },
});

/** Adds `count` messages of `bytes` characters in one mutation. */
export const fill = mutation({
  args: { room: v.string(), count: v.number(), bytes: v.number() },
  handler: async (ctx, { room, count, bytes }) => {
    const body = "m".repeat(bytes);
    for (let n = 0; n < count; n++) {
      await ctx.db.insert("messages", { room, body });
    }
    return null;
  },
});

/** Deletes up to `count` messages of a room; how many there were. */
export const clear = mutation({
  args: { room: v.string(), count: v.number() },
  handler: async (ctx, { room, count }) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_room", (q) => q.eq("room", room))
      .take(count);
    for (const message of messages) {
      await ctx.db.delete(message._id);
    }
    return messages.length;
  },
});
