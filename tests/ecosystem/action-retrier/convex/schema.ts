import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  attempts: defineTable({ job: v.string(), count: v.number() }).index("job", ["job"]),
  results: defineTable({ runId: v.string(), result: v.any() }).index("runId", ["runId"]),
});
