import { getAuthSessionId, getAuthUserId } from "@convex-dev/auth/server";
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const me = query({
  args: {},
  handler: async (ctx) => {
    const [id, sessionId] = [await getAuthUserId(ctx), await getAuthSessionId(ctx)];
    if (id === null) return null;
    const user = await ctx.db.get(id);
    // A token outlives its session; whoever wants to know looks the session up.
    const session = sessionId && (await ctx.db.get(sessionId));
    return { name: user?.name, email: user?.email, role: (await ctx.auth.getUserIdentity())?.role, session: session !== null };
  },
});

export const add = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const owner = await getAuthUserId(ctx);
    if (owner === null) throw new Error("nobody is signed in");
    return await ctx.db.insert("notes", { owner, text });
  },
});

export const list = query({
  args: {},
  handler: async (ctx) => {
    const owner = await getAuthUserId(ctx);
    if (owner === null) return [];
    return (await ctx.db.query("notes").withIndex("owner", (q) => q.eq("owner", owner)).collect()).map(({ text }) => text);
  },
});
