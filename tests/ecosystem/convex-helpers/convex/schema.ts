import { defineSchema } from "convex/server";
import { v } from "convex/values";
import { defineTable } from "convex/server";
import { Table } from "convex-helpers/server";
import { migrationsTable } from "convex-helpers/server/migrations";
import { rateLimitTables } from "convex-helpers/server/rateLimit";
import { brandedString, deprecated, literals, nullable } from "convex-helpers/validators";

export const Accounts = Table("accounts", {
  balance: nullable(v.number()),
  status: literals("active", "inactive"),
  email: brandedString("email"),
  old: deprecated,
});

export default defineSchema({
  accounts: Accounts.table.index("status", ["status"]),
  apiTokens: defineTable({ token: v.string(), owner: v.string(), uses: v.number() }).index("token", ["token"]),
  authors: defineTable({ name: v.string() }).index("name", ["name"]),
  books: defineTable({ authorId: v.id("authors"), title: v.string(), pages: v.number() })
    .index("authorId", ["authorId"])
    .index("byPages", ["authorId", "pages"]),
  genres: defineTable({ name: v.string() }),
  bookGenres: defineTable({ bookId: v.id("books"), genreId: v.id("genres") }).index("bookId", ["bookId"]),
  migrations: migrationsTable,
  people: defineTable({
    first: v.string(),
    last: v.string(),
    full: v.optional(v.string()),
    initials: v.optional(v.string()),
  }),
  peopleCount: defineTable({ count: v.number() }),
  letters: defineTable({ owner: v.id("people"), text: v.string() }).index("owner", ["owner"]),
  secrets: defineTable({ owner: v.string(), text: v.string(), shared: v.boolean() }).index("owner", ["owner"]),
  visits: defineTable({ sessionId: v.string(), page: v.string() }).index("sessionId", ["sessionId"]),
  ...rateLimitTables,
});
