// Stored files, seen through every door that functions have.
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

const file = { id: v.id("_storage") };

export const uploadUrl = mutation({ args: {}, handler: async (ctx) => await ctx.storage.generateUploadUrl() });

export const url = query({ args: file, handler: async (ctx, { id }) => await ctx.storage.getUrl(id) });

export const metadata = query({ args: file, handler: async (ctx, { id }) => await ctx.storage.getMetadata(id) });

export const document = query({ args: file, handler: async (ctx, { id }) => await ctx.db.system.get("_storage", id) });

export const newest = query({
  args: { count: v.number() },
  handler: async (ctx, { count }) => await ctx.db.system.query("_storage").order("desc").take(count),
});

export const remove = mutation({ args: file, handler: async (ctx, { id }) => await ctx.storage.delete(id) });

export const store = mutation({
  args: { text: v.string(), type: v.string(), fail: v.boolean() },
  handler: async (ctx, { text, type, fail }) => {
    const id = await ctx.storage.store(new Blob([text], { type }));
    const stored = await ctx.storage.get(id);
    if (fail) throw new Error("changed my mind");
    return { id, text: await stored!.text(), type: stored!.type };
  },
});
