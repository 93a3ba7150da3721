import { Resend, vEmailId } from "@convex-dev/resend";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import type { DataModel } from "./_generated/dataModel";
import { action, mutation, query } from "./_generated/server";

export const resend: Resend = new Resend(components.resend, {
  initialBackoffMs: 10,
  retryAttempts: 3,
  onEmailEvent: internal.mail.onEvent,
});

export const onEvent = resend.defineOnEmailEvent<DataModel>(async (ctx, { id, event }) => {
  await ctx.db.insert("events", { email: id, type: event.type });
});

const from = "Shop <shop@example.com>";

export const send = mutation({
  args: { to: v.string(), subject: v.string(), html: v.string(), idempotencyKey: v.optional(v.string()) },
  handler: (ctx, args) => resend.sendEmail(ctx, { from, ...args }),
});

export const sendManually = action({
  args: { to: v.string(), providerId: v.optional(v.string()) },
  handler: (ctx, { to, providerId }): Promise<string> =>
    resend.sendEmailManually(ctx, { from, to, subject: "by hand" }, async () => {
      if (!providerId) throw new Error("the provider is down");
      return providerId;
    }),
});

export const cancel = mutation({ args: { id: vEmailId }, handler: (ctx, { id }) => resend.cancelEmail(ctx, id) });
export const status = query({ args: { id: vEmailId }, handler: (ctx, { id }) => resend.status(ctx, id) });
export const get = query({ args: { id: vEmailId }, handler: (ctx, { id }) => resend.get(ctx, id) });

export const events = query({
  args: { id: vEmailId },
  handler: async (ctx, { id }) =>
    (await ctx.db.query("events").withIndex("email", (q) => q.eq("email", id)).collect()).map(({ type }) => type),
});
