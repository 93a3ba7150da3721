import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  events: defineTable({ job: v.string(), what: v.string() }).index("job", ["job"]),
  outcomes: defineTable({ label: v.string(), kind: v.string(), detail: v.any() }).index("label", ["label"]),
});
