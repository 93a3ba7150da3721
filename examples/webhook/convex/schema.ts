// Deliveries, each once however often its sender repeats it.
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  deliveries: defineTable({
    delivery: v.string(),
    event: v.string(),
    payload: v.any(),
    state: v.union(v.literal("received"), v.literal("handled")),
  }).index("by_delivery", ["delivery"]),
});
