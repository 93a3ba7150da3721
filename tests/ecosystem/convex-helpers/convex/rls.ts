// Row-level security: secrets are read by their owner or when shared, changed by their owner only.
import { v } from "convex/values";
import { customCtx, customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { type Rules, wrapDatabaseReader, wrapDatabaseWriter } from "convex-helpers/server/rowLevelSecurity";
import type { DataModel } from "./_generated/dataModel";
import { mutation, query, type QueryCtx } from "./_generated/server";

async function rules(ctx: QueryCtx) {
  const user = (await ctx.auth.getUserIdentity())?.subject;
  return {
    secrets: {
      read: async (_, secret) => secret.shared || secret.owner === user,
      insert: async (_, secret) => secret.owner === user,
      modify: async (_, secret) => secret.owner === user,
    },
  } satisfies Rules<QueryCtx, DataModel>;
}

const deny = { defaultPolicy: "deny" } as const;
const guardedQuery = customQuery(
  query,
  customCtx(async (ctx) => ({ db: wrapDatabaseReader(ctx, ctx.db, await rules(ctx), deny) })),
);
const guardedMutation = customMutation(
  mutation,
  customCtx(async (ctx) => ({ db: wrapDatabaseWriter(ctx, ctx.db, await rules(ctx), deny) })),
);

export const keep = guardedMutation({
  args: { owner: v.string(), text: v.string(), shared: v.boolean() },
  handler: (ctx, secret) => ctx.db.insert("secrets", secret),
});

export const change = guardedMutation({
  args: { id: v.id("secrets"), text: v.string() },
  handler: (ctx, { id, text }) => ctx.db.patch(id, { text }),
});

export const forget = guardedMutation({
  args: { id: v.id("secrets") },
  handler: (ctx, { id }) => ctx.db.delete("secrets", id),
});

export const read = guardedQuery({ args: { id: v.id("secrets") }, handler: (ctx, { id }) => ctx.db.get(id) });

export const list = guardedQuery({
  args: {},
  handler: async (ctx) => (await ctx.db.query("secrets").collect()).map((secret) => secret.text),
});

export const mine = guardedQuery({
  args: { owner: v.string() },
  handler: async (ctx, { owner }) => {
    const found = ctx.db.query("secrets").withIndex("owner", (q) => q.eq("owner", owner));
    return (await found.order("desc").take(10)).map((secret) => secret.text);
  },
});

/** A table without a rule, under the policy "deny". */
export const unruled = guardedQuery({ args: {}, handler: async (ctx) => await ctx.db.query("visits").collect() });
