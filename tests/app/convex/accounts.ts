// Money moves between two accounts; the sum must never change.
import { ConvexError, v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const open = mutation({
  args: { name: v.string(), balance: v.int64() },
  returns: v.id("accounts"),
  handler: async (ctx, args) => await ctx.db.insert("accounts", args),
});

export const transfer = mutation({
  args: { from: v.id("accounts"), to: v.id("accounts"), amount: v.int64() },
  handler: async (ctx, { from, to, amount }) => {
    const source = (await ctx.db.get(from))!;
    const target = (await ctx.db.get(to))!;
    if (source.balance < amount) {
      throw new ConvexError({ kind: "insufficient", balance: source.balance });
    }
    await ctx.db.patch(from, { balance: source.balance - amount });
    await ctx.db.patch(to, { balance: target.balance + amount });
    return null;
  },
});

export const balances = query({
  args: {},
  handler: async (ctx) => {
    const accounts = await ctx.db.query("accounts").withIndex("by_name").collect();
    return accounts.map((account) => account.balance);
  },
});
