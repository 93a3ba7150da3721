// One table; the index of creation times every table has is all that is used.
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  accounts: defineTable({ balance: v.number() }),
});
