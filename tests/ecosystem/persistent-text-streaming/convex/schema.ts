import { StreamIdValidator } from "@convex-dev/persistent-text-streaming";
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({ chats: defineTable({ prompt: v.string(), stream: StreamIdValidator }).index("stream", ["stream"]) });
