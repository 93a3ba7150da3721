// Functions that call functions inside one transaction.
import { v } from "convex/values";
import { api, internal } from "./_generated/api";
import { internalMutation, internalQuery, mutation, query } from "./_generated/server";

export const secret = internalQuery({ args: {}, handler: async () => "kept inside" });

export const revealed = query({
  args: {},
  handler: async (ctx): Promise<string> => await ctx.runQuery(internal.nested.secret, {}),
});

export const addThenMaybeThrow = internalMutation({
  args: { list: v.string(), text: v.string(), fail: v.boolean() },
  handler: async (ctx, { list, text, fail }) => {
    await ctx.db.insert("notes", { list, text, rank: 0 });
    if (fail) throw new Error("inner failure");
    return text;
  },
});

/** The inner failure is caught: only the inner writes go away. */
export const partly = mutation({
  args: { list: v.string() },
  handler: async (ctx, { list }): Promise<{ caught: string; seen: string[] }> => {
    await ctx.db.insert("notes", { list, text: "outer", rank: 0 });
    let caught = "";
    try {
      await ctx.runMutation(internal.nested.addThenMaybeThrow, { list, text: "lost", fail: true });
    } catch (error) {
      caught = error instanceof Error ? error.message : String(error);
    }
    await ctx.runMutation(internal.nested.addThenMaybeThrow, { list, text: "kept", fail: false });
    const seen: string[] = await ctx.runQuery(api.notes.texts, { list });
    return { caught, seen };
  },
});
