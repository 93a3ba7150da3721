// Custom functions: a token that is checked and counted before the handler runs, and a hook after it succeeded.
import { ConvexError, v } from "convex/values";
import { customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { mutation, query, type QueryCtx } from "./_generated/server";

async function owner(ctx: QueryCtx, token: string) {
  const found = await ctx.db
    .query("apiTokens")
    .withIndex("token", (q) => q.eq("token", token))
    .unique();
  if (!found) throw new ConvexError({ code: "BadToken" });
  return found;
}

const queryWithToken = customQuery(query, {
  args: { token: v.string() },
  input: async (ctx, { token }) => ({ ctx: { caller: await owner(ctx, token) }, args: {} }),
});

const mutationWithToken = customMutation(mutation, {
  args: { token: v.string() },
  input: async (ctx, { token }, { cost }: { cost: number }) => {
    const caller = await owner(ctx, token);
    return {
      ctx: { caller },
      args: { cost },
      onSuccess: async ({ result }) => {
        await ctx.db.patch(caller._id, { uses: caller.uses + cost });
        if (result === "too late") throw new ConvexError("refused after success");
      },
    };
  },
});

export const issue = mutation({
  args: { token: v.string(), owner: v.string() },
  handler: (ctx, args) => ctx.db.insert("apiTokens", { ...args, uses: 0 }),
});

export const whoAmI = queryWithToken({
  args: { greeting: v.string() },
  returns: v.string(),
  handler: async (ctx, args) => `${args.greeting}, ${ctx.caller.owner}; ${Object.keys(args)}`,
});

export const uses = queryWithToken({ args: {}, handler: async (ctx) => ctx.caller.uses });

export const spend = mutationWithToken({
  cost: 3,
  args: { say: v.string() },
  handler: async (_ctx, { say }) => say,
});
