// A module in a folder, with a default export and a dotted path in its functions' names.
import { v } from "convex/values";
import { query } from "../_generated/server";

export default query({ args: {}, handler: async () => "the default export" });

export const area = query({ args: { w: v.number(), h: v.number() }, handler: async (_ctx, { w, h }) => w * h });
