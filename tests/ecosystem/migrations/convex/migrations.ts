import { Migrations } from "@convex-dev/migrations";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import type { DataModel } from "./_generated/dataModel";
import { mutation, query } from "./_generated/server";
import schema from "./schema";

export const migrations = new Migrations<DataModel>(components.migrations, { schema, defaultBatchSize: 4 });

export const run = migrations.runner();

export const addTitle = migrations.define({
  table: "notes",
  customRange: (notes) => notes.withIndex("title", (q) => q.eq("title", undefined)),
  migrateOne: (_ctx, note) => ({ title: note.text.toUpperCase() }),
});

export const clearOld = migrations.define({ table: "notes", migrateOne: () => ({ old: undefined }) });

export const measure = migrations.define({
  table: "notes",
  parallelize: true,
  migrateOne: async (ctx, note) => {
    if (note.text === "bad") throw new Error("a note that cannot be measured");
    await ctx.db.patch(note._id, { length: note.text.length });
  },
});

export const runAll = migrations.runner([internal.migrations.addTitle, internal.migrations.clearOld]);

export const start = mutation({ args: {}, handler: (ctx) => migrations.runOne(ctx, internal.migrations.measure) });

export const status = query({
  args: {},
  handler: async (ctx) =>
    (await migrations.getStatus(ctx, {})).map(({ name, isDone, state, processed }) => ({ name, isDone, state, processed })),
});

export const seed = mutation({
  args: { texts: v.array(v.string()) },
  handler: async (ctx, { texts }) => {
    for (const text of texts) await ctx.db.insert("notes", { text, old: "x" });
  },
});

export const mend = mutation({
  args: {},
  handler: async (ctx) => {
    for await (const note of ctx.db.query("notes")) if (note.text === "bad") await ctx.db.patch(note._id, { text: "good" });
  },
});

export const notes = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("notes").collect()).map(({ _id, _creationTime, ...note }) => note),
});
