// Sessions: a client without an account is known by the session id that it sends along.
import { v } from "convex/values";
import { customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { runSessionFunctions, SessionIdArg } from "convex-helpers/server/sessions";
import { internal } from "./_generated/api";
import { internalQuery, mutation, query } from "./_generated/server";

const session = { args: SessionIdArg, input: async (_ctx: unknown, { sessionId }: { sessionId: string }) => ({ ctx: { sessionId }, args: {} }) };
const sessionQuery = customQuery(query, session);
const sessionMutation = customMutation(mutation, session);

export const visit = sessionMutation({
  args: { page: v.string() },
  handler: (ctx, { page }) => ctx.db.insert("visits", { sessionId: ctx.sessionId, page }),
});

export const visited = internalQuery({
  args: { ...SessionIdArg, upper: v.boolean() },
  handler: async (ctx, { sessionId, upper }) => {
    const visits = ctx.db.query("visits").withIndex("sessionId", (q) => q.eq("sessionId", sessionId));
    return (await visits.collect()).map(({ page }) => (upper ? page.toUpperCase() : page));
  },
});

export const history = sessionQuery({
  args: {},
  handler: async (ctx): Promise<string[]> =>
    await runSessionFunctions(ctx, ctx.sessionId as never).runSessionQuery(internal.sessions.visited, { upper: true }),
});
