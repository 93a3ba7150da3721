// What functions are handed.
import { action, mutation, query } from "./_generated/server";

/** The names of everything in a context, and in what it holds. */
export function shapeOf(ctx: any): Record<string, string[]> {
  const shape: Record<string, string[]> = { ctx: Object.keys(ctx).sort() };
  for (const [name, part] of Object.entries(ctx)) {
    if (typeof part === "object" && part !== null) shape[name] = Object.keys(part).sort();
  }
  if (ctx.db !== undefined) shape["db.system"] = Object.keys(ctx.db.system).sort();
  return shape;
}

export const ofQuery = query({ args: {}, handler: async (ctx) => shapeOf(ctx) });
export const ofMutation = mutation({ args: {}, handler: async (ctx) => shapeOf(ctx) });
export const ofAction = action({ args: {}, handler: async (ctx) => shapeOf(ctx) });
