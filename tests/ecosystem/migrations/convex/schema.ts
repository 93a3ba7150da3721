import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    text: v.string(),
    title: v.optional(v.string()),
    old: v.optional(v.string()),
    length: v.optional(v.number()),
  }).index("title", ["title"]),
});
