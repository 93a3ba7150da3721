// The documents that actions look up.
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";
import { payload } from "./work";

export const fill = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    const ids = [];
    for (let n = 0; n < count; n++) ids.push(await ctx.db.insert("items", { payload: payload(n) }));
    return ids;
  },
});

export const payloadOf = query({
  args: { id: v.id("items") },
  handler: async (ctx, { id }) => (await ctx.db.get(id))!.payload,
});
