import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({ events: defineTable({ what: v.string(), key: v.string() }).index("key", ["key"]) });
