// Ready-made functions for a table, and the validator helpers around its documents.
import { v } from "convex/values";
import { crud as makeCrud } from "convex-helpers/server/crud";
import { omit } from "convex-helpers";
import { doc, partial, typedV, validate } from "convex-helpers/validators";
import { mutation, query } from "./_generated/server";
import schema, { Accounts } from "./schema";

export const { create, read, update, destroy, paginate } = makeCrud(schema, "accounts", query, mutation);

const vv = typedV(schema);

export const get = query({
  args: { id: vv.id("accounts") },
  returns: vv.nullable(doc(schema, "accounts")),
  handler: (ctx, { id }) => ctx.db.get(id),
});

export const edit = mutation({
  args: { id: v.id("accounts"), fields: v.object(partial(omit(Accounts.withoutSystemFields, ["old"]))) },
  handler: (ctx, { id, fields }) => ctx.db.patch(id, fields),
});

export const isAccount = query({
  args: { value: v.any() },
  handler: async (ctx, { value }) => validate(doc(schema, "accounts"), value, { db: ctx.db }),
});
