// One table that is searched by its words, its filter fields and its vectors.
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  articles: defineTable({
    shelf: v.string(),
    body: v.string(),
    year: v.optional(v.number()),
    embedding: v.optional(v.array(v.float64())),
  })
    .searchIndex("by_body", { searchField: "body", filterFields: ["shelf", "year"] })
    .vectorIndex("by_embedding", { vectorField: "embedding", dimensions: 3, filterFields: ["shelf", "year"] }),
});
