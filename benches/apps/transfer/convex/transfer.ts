// Accounts and transfers between them: what the `transfer` and `pristine` benchmarks call.
import { mutationGeneric as mutation, queryGeneric as query, paginationOptsValidator } from "convex/server";
import { v } from "convex/values";

/** Moves `amount` from one account to another: two reads and two patches. */
export const transfer = mutation({
  args: { from: v.id("accounts"), to: v.id("accounts"), amount: v.number() },
  handler: async (ctx, { from, to, amount }) => {
    const source = await ctx.db.get(from);
    const target = await ctx.db.get(to);
    if (source === null || target === null) {
      throw new Error("no such account");
    }
    await ctx.db.patch(from, { balance: source.balance - amount });
    await ctx.db.patch(to, { balance: target.balance + amount });
    return null;
  },
});

/** Opens `count` accounts and returns their ids. */
export const open = mutation({
  args: { count: v.number(), balance: v.number() },
  handler: async (ctx, { count, balance }) => {
    const ids = [];
    for (let n = 0; n < count; n++) {
      ids.push(await ctx.db.insert("accounts", { balance }));
    }
    return ids;
  },
});

/** The sum of one page of balances, and where the next page starts. */
export const total = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    const { page, isDone, continueCursor } = await ctx.db.query("accounts").paginate(paginationOpts);
    const sum = page.reduce((sum, account) => sum + account.balance, 0);
    return { count: page.length, sum, isDone, continueCursor };
  },
});
