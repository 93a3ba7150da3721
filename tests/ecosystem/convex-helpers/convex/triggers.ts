// Triggers: a computed field that sets off another one, a count, a cascade, and a veto.
import { v } from "convex/values";
import { asyncMap } from "convex-helpers";
import { customCtx, customMutation } from "convex-helpers/server/customFunctions";
import { getManyFrom } from "convex-helpers/server/relationships";
import { Triggers } from "convex-helpers/server/triggers";
import type { DataModel } from "./_generated/dataModel";
import { mutation as rawMutation, query } from "./_generated/server";

const triggers = new Triggers<DataModel>();

triggers.register("people", async (ctx, { id, newDoc }) => {
  if (!newDoc) return;
  const full = `${newDoc.first} ${newDoc.last}`;
  if (full === "The Balrog") throw new Error("you shall not pass");
  if (newDoc.full !== full) await ctx.db.patch(id, { full });
});

triggers.register("people", async (ctx, { id, oldDoc, newDoc }) => {
  if (!newDoc?.full || newDoc.full === oldDoc?.full) return;
  const initials = newDoc.full.split(" ").map((word) => word[0]).join("");
  await ctx.innerDb.patch(id, { initials });
});

triggers.register("people", async (ctx, { operation }) => {
  if (operation === "update") return;
  const row = await ctx.db.query("peopleCount").unique();
  const count = (row?.count ?? 0) + (operation === "insert" ? 1 : -1);
  if (row) await ctx.db.patch(row._id, { count });
  else await ctx.db.insert("peopleCount", { count });
});

triggers.register("people", async (ctx, { id, operation }) => {
  if (operation !== "delete") return;
  await asyncMap(await getManyFrom(ctx.db, "letters", "owner", id), (letter) => ctx.db.delete(letter._id));
});

const mutation = customMutation(rawMutation, customCtx(triggers.wrapDB));

/** All at once, so that the helper's own locks have to keep the writes and their triggers apart. */
export const add = mutation({
  args: { names: v.array(v.object({ first: v.string(), last: v.string() })) },
  handler: (ctx, { names }) => Promise.all(names.map((name) => ctx.db.insert("people", name))),
});

export const rename = mutation({
  args: { id: v.id("people"), last: v.string() },
  handler: (ctx, { id, last }) => ctx.db.patch(id, { last }),
});

export const write = mutation({
  args: { owner: v.id("people"), text: v.string() },
  handler: (ctx, letter) => ctx.db.insert("letters", letter),
});

export const remove = mutation({ args: { id: v.id("people") }, handler: (ctx, { id }) => ctx.db.delete(id) });

export const state = query({
  args: {},
  handler: async (ctx) => ({
    people: (await ctx.db.query("people").collect()).map(({ full, initials }) => `${full} (${initials})`),
    count: (await ctx.db.query("peopleCount").unique())?.count ?? 0,
    letters: (await ctx.db.query("letters").collect()).length,
  }),
});
