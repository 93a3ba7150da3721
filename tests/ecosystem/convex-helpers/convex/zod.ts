// Arguments and results that zod parses on top of the validators derived from them.
import { NoOp } from "convex-helpers/server/customFunctions";
import { zCustomMutation, zCustomQuery, zid, zodToConvex } from "convex-helpers/server/zod4";
import * as z from "zod";
import { mutation, query } from "./_generated/server";

const zodQuery = zCustomQuery(query, NoOp);
const zodMutation = zCustomMutation(mutation, NoOp);

export const parse = zodQuery({
  args: {
    author: zid("authors").optional(),
    email: z.email(),
    count: z.number().min(0),
    big: z.nullable(z.bigint()),
    loud: z.boolean().default(true),
    either: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("a"), a: z.string() }),
      z.object({ kind: z.literal("b"), b: z.number() }),
    ]),
    text: z.number().pipe(z.coerce.string()),
  },
  handler: async (_ctx, { loud, text, either, big }) => ({ loud, text, kind: either.kind, big }),
});

export const shout = zodMutation({
  args: { word: z.string().trim().min(2) },
  returns: z.string().transform((word) => `${word}!`),
  handler: async (_ctx, { word }) => word.toUpperCase(),
});

export const short = zodQuery({
  args: {},
  returns: z.object({ word: z.string().max(3) }),
  handler: async () => ({ word: "much too long" }),
});

export const derived = query({
  args: {},
  handler: async () => (zodToConvex(z.object({ a: z.string().optional(), b: z.array(z.number()) })) as any).json,
});
