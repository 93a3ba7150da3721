// Everything an app does with search and vector indexes.
import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

const fields = {
  shelf: v.string(),
  body: v.string(),
  year: v.optional(v.number()),
  embedding: v.optional(v.array(v.float64())),
};

export const add = mutation({ args: fields, handler: async (ctx, args) => await ctx.db.insert("articles", args) });

export const addMany = mutation({
  args: { shelf: v.string(), bodies: v.array(v.string()) },
  handler: async (ctx, { shelf, bodies }) => {
    for (const body of bodies) await ctx.db.insert("articles", { shelf, body });
  },
});

export const edit = mutation({
  args: { id: v.id("articles"), body: v.string() },
  handler: async (ctx, { id, body }) => await ctx.db.patch(id, { body }),
});

export const remove = mutation({
  args: { id: v.id("articles") },
  handler: async (ctx, { id }) => await ctx.db.delete(id),
});

export const search = query({
  args: { shelf: v.string(), text: v.string(), take: v.optional(v.number()) },
  handler: async (ctx, { shelf, text, take }) => {
    const found = ctx.db
      .query("articles")
      .withSearchIndex("by_body", (q) => q.search("body", text).eq("shelf", shelf));
    return (await (take === undefined ? found.collect() : found.take(take))).map((article) => article.body);
  },
});

/** Filters twice: in the index by a field that may be missing, and over the results. */
export const filtered = query({
  args: { shelf: v.string(), text: v.string(), year: v.optional(v.number()), not: v.string() },
  handler: async (ctx, { shelf, text, year, not }) => {
    const found = await ctx.db
      .query("articles")
      .withSearchIndex("by_body", (q) => q.search("body", text).eq("shelf", shelf).eq("year", year))
      .filter((q) => q.neq(q.field("body"), not))
      .collect();
    return found.map((article) => article.body);
  },
});

export const first = query({
  args: { shelf: v.string(), text: v.string() },
  handler: async (ctx, { shelf, text }) =>
    await ctx.db
      .query("articles")
      .withSearchIndex("by_body", (q) => q.search("body", text).eq("shelf", shelf))
      .first(),
});

export const page = query({
  args: { shelf: v.string(), text: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { shelf, text, paginationOpts }) =>
    await ctx.db
      .query("articles")
      .withSearchIndex("by_body", (q) => q.search("body", text).eq("shelf", shelf))
      .paginate(paginationOpts),
});

/** Writes, then searches, in one transaction. */
export const replaceAll = mutation({
  args: { shelf: v.string(), text: v.string(), body: v.string() },
  handler: async (ctx, { shelf, text, body }) => {
    const find = async (text: string) =>
      await ctx.db
        .query("articles")
        .withSearchIndex("by_body", (q) => q.search("body", text).eq("shelf", shelf))
        .collect();
    for (const article of await find(text)) await ctx.db.patch(article._id, { body });
    return { before: (await find(text)).length, after: (await find(body)).length };
  },
});

export const nearest = action({
  args: { vector: v.array(v.float64()), limit: v.optional(v.number()), shelf: v.optional(v.string()) },
  handler: async (ctx, { vector, limit, shelf }): Promise<{ body: string; score: number }[]> => {
    const filter = shelf === undefined ? undefined : (q: any) => q.eq("shelf", shelf);
    const results = await ctx.vectorSearch("articles", "by_embedding", { vector, limit, filter });
    const bodies: string[] = await ctx.runQuery(api.articles.bodies, { ids: results.map(({ _id }) => _id) });
    return results.map(({ _score }, place) => ({ body: bodies[place], score: _score }));
  },
});

export const ofEither = action({
  args: { vector: v.array(v.float64()), shelf: v.string(), year: v.number() },
  handler: async (ctx, { vector, shelf, year }): Promise<string[]> => {
    const results = await ctx.vectorSearch("articles", "by_embedding", {
      vector,
      filter: (q) => q.or(q.eq("shelf", shelf), q.eq("year", year)),
    });
    return await ctx.runQuery(api.articles.bodies, { ids: results.map(({ _id }) => _id) });
  },
});

export const bodies = query({
  args: { ids: v.array(v.id("articles")) },
  handler: async (ctx, { ids }): Promise<string[]> =>
    await Promise.all(ids.map(async (id) => (await ctx.db.get(id))?.body ?? "gone")),
});
