import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  effects: defineTable({ run: v.string(), what: v.string() }).index("run", ["run"]),
  outcomes: defineTable({ run: v.string(), result: v.any() }).index("run", ["run"]),
});
