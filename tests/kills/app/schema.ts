// One row for everything that was done, so that what is missing or done twice can be counted.
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  ledger: defineTable({ key: v.string(), file: v.optional(v.id("_storage")) }).index("by_key", ["key"]),
});
