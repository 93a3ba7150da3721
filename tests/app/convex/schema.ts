// One table for every way the tests touch the database.
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    list: v.string(),
    text: v.string(),
    rank: v.number(),
    tags: v.optional(v.array(v.string())),
  })
    .index("by_list", ["list"])
    .index("by_list_rank", ["list", "rank"]),

  counters: defineTable({ name: v.string(), value: v.number() }).index("by_name", ["name"]),

  accounts: defineTable({ name: v.string(), balance: v.int64() }).index("by_name", ["name"]),

  links: defineTable({ note: v.id("notes"), kind: v.union(v.literal("cites"), v.literal("answers")) }),

  anything: defineTable(v.any()).index("by_key", ["key"]),
});
