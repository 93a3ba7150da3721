"use node";
// Events for the audit log.
import { log } from "convex/server";
import { v } from "convex/values";
import { action } from "./_generated/server";

export const reports = action({
  args: { what: v.string() },
  handler: async (_ctx, { what }) => await log.audit({ what, by: log.vars.requestId }),
});
