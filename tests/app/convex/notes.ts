// Ordinary reading and writing: what most apps do most of the time.
import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

const fields = {
  list: v.string(),
  text: v.string(),
  rank: v.optional(v.number()),
  tags: v.optional(v.array(v.string())),
};

export const add = mutation({
  args: fields,
  returns: v.id("notes"),
  handler: async (ctx, { rank, ...rest }) => await ctx.db.insert("notes", { rank: rank ?? 0, ...rest }),
});

export const addMany = mutation({
  args: { list: v.string(), count: v.number(), textBytes: v.optional(v.number()) },
  handler: async (ctx, { list, count, textBytes }) => {
    const text = "x".repeat(textBytes ?? 4);
    for (let rank = 0; rank < count; rank++) {
      await ctx.db.insert("notes", { list, text: textBytes ? text : `note ${rank}`, rank });
    }
    return null;
  },
});

export const get = query({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.get(id),
});

export const list = query({
  args: { list: v.string() },
  handler: async (ctx, { list }) =>
    await ctx.db
      .query("notes")
      .withIndex("by_list", (q) => q.eq("list", list))
      .collect(),
});

export const texts = query({
  args: { list: v.string() },
  handler: async (ctx, { list }) => {
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_list_rank", (q) => q.eq("list", list))
      .collect();
    return notes.map((note) => note.text);
  },
});

export const ranked = query({
  args: {
    list: v.string(),
    above: v.optional(v.number()),
    upTo: v.optional(v.number()),
    descending: v.optional(v.boolean()),
    take: v.optional(v.number()),
  },
  handler: async (ctx, { list, above, upTo, descending, take }) => {
    const found = ctx.db
      .query("notes")
      .withIndex("by_list_rank", (q) => {
        const inList = q.eq("list", list);
        if (above !== undefined && upTo !== undefined) return inList.gt("rank", above).lte("rank", upTo);
        if (above !== undefined) return inList.gt("rank", above);
        if (upTo !== undefined) return inList.lte("rank", upTo);
        return inList;
      })
      .order(descending ? "desc" : "asc");
    const notes = take === undefined ? await found.collect() : await found.take(take);
    return notes.map((note) => note.rank);
  },
});

export const filtered = query({
  args: { list: v.string(), atLeast: v.number(), text: v.string() },
  handler: async (ctx, { list, atLeast, text }) => {
    const notes = await ctx.db
      .query("notes")
      .filter((q) =>
        q.and(
          q.eq(q.field("list"), list),
          q.or(q.gte(q.field("rank"), atLeast), q.eq(q.field("text"), text)),
          q.not(q.eq(q.mod(q.field("rank"), 2), 1)),
        ),
      )
      .collect();
    return notes.map((note) => note.rank);
  },
});

export const page = query({
  args: { list: v.string(), descending: v.optional(v.boolean()), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { list, descending, paginationOpts }) =>
    await ctx.db
      .query("notes")
      .withIndex("by_list_rank", (q) => q.eq("list", list))
      .order(descending ? "desc" : "asc")
      .paginate(paginationOpts),
});

export const edges = query({
  args: { list: v.string() },
  handler: async (ctx, { list }) => {
    const inList = () => ctx.db.query("notes").withIndex("by_list_rank", (q) => q.eq("list", list));
    return {
      first: (await inList().first())?.rank ?? null,
      last: (await inList().order("desc").first())?.rank ?? null,
      none: await inList().take(0),
    };
  },
});

export const only = query({
  args: { list: v.string() },
  handler: async (ctx, { list }) =>
    await ctx.db
      .query("notes")
      .withIndex("by_list", (q) => q.eq("list", list))
      .unique(),
});

export const edit = mutation({
  args: { id: v.id("notes"), text: v.string() },
  handler: async (ctx, { id, text }) => {
    await ctx.db.patch(id, { text });
    return await ctx.db.get(id);
  },
});

export const untag = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    await ctx.db.patch(id, { tags: undefined });
    return await ctx.db.get(id);
  },
});

export const rewrite = mutation({
  args: { id: v.id("notes"), ...fields },
  handler: async (ctx, { id, rank, ...rest }) => {
    await ctx.db.replace(id, { rank: rank ?? 0, ...rest });
    return await ctx.db.get(id);
  },
});

export const remove = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    await ctx.db.delete(id);
    return await ctx.db.get(id);
  },
});
