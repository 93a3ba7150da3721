// Reading a channel page by page, and writing to it.
import { paginationOptsValidator } from "convex/server";
import { ConvexError, v } from "convex/values";
import { internalMutation, mutation, query } from "./_generated/server";

const BODY_LENGTH_MAX = 2000;
const AUTHOR_LENGTH_MAX = 40;
const CLEAR_BATCH = 500;

/** One page of a channel's messages, newest first. */
export const list = query({
  args: { channel: v.id("channels"), paginationOpts: paginationOptsValidator },
  handler: async (ctx, args) => {
    return await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel))
      .order("desc")
      .paginate(args.paginationOpts);
  },
});

export const send = mutation({
  args: { channel: v.id("channels"), author: v.string(), body: v.string() },
  returns: v.id("messages"),
  handler: async (ctx, args) => {
    const body = args.body.trim();
    const author = args.author.trim() || "Anonymous";
    if (body === "" || body.length > BODY_LENGTH_MAX || author.length > AUTHOR_LENGTH_MAX) {
      throw new ConvexError(`A message has 1 to ${BODY_LENGTH_MAX} characters.`);
    }
    if ((await ctx.db.get(args.channel)) === null) {
      throw new ConvexError("This channel is gone.");
    }
    return await ctx.db.insert("messages", { channel: args.channel, author, body });
  },
});

/** Empties a channel: `npx convex run messages:clear '{"channel": "…"}'`. Returns how many it removed. */
export const clear = internalMutation({
  args: { channel: v.id("channels") },
  returns: v.number(),
  handler: async (ctx, args) => {
    const batch = await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel))
      .take(CLEAR_BATCH);
    for (const message of batch) {
      await ctx.db.delete(message._id);
    }
    return batch.length;
  },
});
