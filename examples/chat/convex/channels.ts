// The list of channels, and how a new one is made.
import { ConvexError, v } from "convex/values";
import { mutation, query } from "./_generated/server";

const NAME_LENGTH_MAX = 32;

export const list = query({
  args: {},
  handler: async (ctx) => {
    return await ctx.db.query("channels").withIndex("by_name").collect();
  },
});

/** Makes a channel, or returns the one that already has this name. */
export const create = mutation({
  args: { name: v.string() },
  returns: v.id("channels"),
  handler: async (ctx, args) => {
    const name = args.name.trim().replace(/^#+/, "").toLowerCase().replace(/\s+/g, "-");
    if (name === "" || name.length > NAME_LENGTH_MAX) {
      throw new ConvexError(`A channel name has 1 to ${NAME_LENGTH_MAX} characters.`);
    }
    const existing = await ctx.db
      .query("channels")
      .withIndex("by_name", (q) => q.eq("name", name))
      .unique();
    return existing?._id ?? (await ctx.db.insert("channels", { name }));
  },
});
