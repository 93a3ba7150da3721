// Authors, books and genres: relationships, filters, streams and pages over the same rows.
import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { asyncMap } from "convex-helpers";
import { filter } from "convex-helpers/server/filter";
import { getPage, paginator } from "convex-helpers/server/pagination";
import { getAll, getManyFrom, getManyViaOrThrow, getOneFrom, getOneFromOrThrow, getOrThrow } from "convex-helpers/server/relationships";
import { mergedStream, stream } from "convex-helpers/server/stream";
import { mutation, query } from "./_generated/server";
import schema from "./schema";

export const add = mutation({
  args: { author: v.string(), books: v.array(v.object({ title: v.string(), pages: v.number() })), genre: v.string() },
  handler: async (ctx, { author, books, genre }) => {
    const authorId = await ctx.db.insert("authors", { name: author });
    const genreId = await ctx.db.insert("genres", { name: genre });
    for (const book of books) {
      const bookId = await ctx.db.insert("books", { authorId, ...book });
      await ctx.db.insert("bookGenres", { bookId, genreId });
    }
    return { authorId, genreId };
  },
});

export const shelf = query({
  args: { author: v.string() },
  handler: async ({ db }, { author }) => {
    const { _id } = await getOneFromOrThrow(db, "authors", "name", author);
    return await asyncMap(await getManyFrom(db, "books", "authorId", _id), async (book) => ({
      title: book.title,
      genres: (await getManyViaOrThrow(db, "bookGenres", "genreId", "bookId", book._id)).map((genre) => genre.name),
    }));
  },
});

export const lookups = query({
  args: { ids: v.array(v.id("authors")), name: v.string() },
  handler: async (ctx, { ids, name }) => ({
    all: (await getAll(ctx.db, "authors", ids)).map((author) => author?.name ?? null),
    one: (await getOneFrom(ctx.db, "authors", "name", name))?.name ?? null,
    first: (await getOrThrow(ctx, ids[0])).name,
  }),
});

export const odd = query({
  args: {},
  handler: async (ctx) => {
    const isOdd = filter(ctx.db.query("books"), async (book) => book.pages % 2 === 1);
    const last = await filter(ctx.db.query("books").order("desc"), (book) => book.pages % 2 === 1).first();
    return { all: (await isOdd.collect()).map((book) => book.title), last: last?.title };
  },
});

/** A merge of two authors' books by their length, without the short ones. */
export const merged = query({
  args: { authors: v.array(v.id("authors")), min: v.number(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { authors, min, paginationOpts }) => {
    const books = authors.map((authorId) =>
      stream(ctx.db, schema).query("books").withIndex("byPages", (q) => q.eq("authorId", authorId)),
    );
    const long = mergedStream(books, ["pages"]).filterWith(async (book) => book.pages >= min);
    const result = await long.paginate(paginationOpts);
    return { ...result, page: result.page.map((book) => book.pages) };
  },
});

/** A join: every author's books, author by author. */
export const joined = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    const rows = stream(ctx.db, schema).query("authors").withIndex("name").flatMap(
      async (author) =>
        stream(ctx.db, schema)
          .query("books")
          .withIndex("byPages", (q) => q.eq("authorId", author._id))
          .map(async (book) => ({ row: `${author.name}: ${book.title}` })),
      ["authorId", "pages"],
    );
    const result = await rows.paginate(paginationOpts);
    return { ...result, page: result.page.map(({ row }) => row) };
  },
});

export const distinctAuthors = query({
  args: {},
  handler: async (ctx) => {
    const books = stream(ctx.db, schema).query("books").withIndex("byPages").distinct(["authorId"]);
    return (await books.collect()).map((book) => book.title);
  },
});

/** Two pages in one query, which the built-in pagination does not allow. */
export const twoPages = query({
  args: { numItems: v.number() },
  handler: async (ctx, { numItems }) => {
    const books = () => paginator(ctx.db, schema).query("books").order("desc");
    const first = await books().paginate({ cursor: null, numItems });
    const second = await books().paginate({ cursor: first.continueCursor, numItems });
    return { pages: [first, second].map(({ page }) => page.map((book) => book.title)), isDone: second.isDone };
  },
});

export const pages = query({
  args: { authorId: v.id("authors"), max: v.number() },
  handler: async (ctx, { authorId, max }) => {
    const request = { table: "books", index: "byPages", schema, targetMaxRows: max, endIndexKey: [authorId] } as const;
    const one = await getPage(ctx, { ...request, startIndexKey: [authorId], startInclusive: true, absoluteMaxRows: max });
    const two = await getPage(ctx, { ...request, startIndexKey: one.indexKeys.at(-1) });
    const titles = ({ page }: typeof one) => page.map((book) => book.title);
    return { one: titles(one), more: one.hasMore, two: titles(two), evenMore: two.hasMore };
  },
});
