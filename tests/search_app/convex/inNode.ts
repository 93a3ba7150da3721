"use node";
// Vector search from Node.js.
import { v } from "convex/values";
import { api } from "./_generated/api";
import { action } from "./_generated/server";

export const nearest = action({
  args: { vector: v.array(v.float64()), shelf: v.string() },
  handler: async (ctx, { vector, shelf }): Promise<string[]> => {
    const results = await ctx.vectorSearch("articles", "by_embedding", {
      vector,
      limit: 2,
      filter: (q) => q.eq("shelf", shelf),
    });
    return await ctx.runQuery(api.articles.bodies, { ids: results.map(({ _id }) => _id) });
  },
});
