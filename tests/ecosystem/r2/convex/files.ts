import { R2 } from "@convex-dev/r2";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import type { DataModel } from "./_generated/dataModel";
import { action, mutation, query } from "./_generated/server";

const r2 = new R2(components.r2);

export const { generateUploadUrl, syncMetadata, getMetadata, listMetadata, deleteObject, onSyncMetadata } =
  r2.clientApi<DataModel>({
    checkUpload: async (ctx) => {
      const identity = await ctx.auth.getUserIdentity();
      if (identity?.subject === "banned") throw new Error("no uploads for you");
    },
    onUpload: async (ctx, _bucket, key) => {
      await ctx.db.insert("events", { what: "uploaded", key });
    },
    onSyncMetadata: async (ctx, { key, isNew }) => {
      await ctx.db.insert("events", { what: isNew ? "new" : "changed", key });
    },
    onDelete: async (ctx, _bucket, key) => {
      await ctx.db.insert("events", { what: "deleted", key });
    },
    callbacks: { onSyncMetadata: internal.files.onSyncMetadata },
  });

export const url = query({ args: { key: v.string() }, handler: (_ctx, { key }) => r2.getUrl(key, { expiresIn: 60 }) });

export const uploadUrlFor = mutation({ args: { key: v.string() }, handler: (_ctx, { key }) => r2.generateUploadUrl(key) });

export const store = action({
  args: { text: v.string(), type: v.string(), key: v.optional(v.string()) },
  handler: (ctx, { text, type, key }): Promise<string> => r2.store(ctx, new Blob([text], { type }), { key }),
});

export const events = query({
  args: { key: v.string() },
  handler: async (ctx, { key }) =>
    (await ctx.db.query("events").withIndex("key", (q) => q.eq("key", key)).collect()).map(({ what }) => what),
});
