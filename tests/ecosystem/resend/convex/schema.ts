import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({ events: defineTable({ email: v.string(), type: v.string() }).index("email", ["email"]) });
