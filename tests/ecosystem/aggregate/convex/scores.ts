// Scores, kept in step with two aggregates by triggers, and a third one fed by hand.
import { DirectAggregate, TableAggregate } from "@convex-dev/aggregate";
import { v } from "convex/values";
import { customCtx, customMutation } from "convex-helpers/server/customFunctions";
import { Triggers } from "convex-helpers/server/triggers";
import { components } from "./_generated/api";
import type { DataModel } from "./_generated/dataModel";
import { mutation as rawMutation, query } from "./_generated/server";

const byScore = new TableAggregate<{ Key: number; DataModel: DataModel; TableName: "scores" }>(components.byScore, {
  sortKey: (doc) => doc.score,
  sumValue: (doc) => doc.score,
});
const byGame = new TableAggregate<{
  Namespace: string;
  Key: [string, number];
  DataModel: DataModel;
  TableName: "scores";
}>(components.byGame, {
  namespace: (doc) => doc.game,
  sortKey: (doc) => [doc.player, doc.score],
  sumValue: (doc) => doc.score,
});
const direct = new DirectAggregate<{ Key: number; Id: string }>(components.direct);

const triggers = new Triggers<DataModel>();
triggers.register("scores", byScore.trigger());
triggers.register("scores", byGame.trigger());
const mutation = customMutation(rawMutation, customCtx(triggers.wrapDB));

export const add = mutation({
  args: { scores: v.array(v.object({ game: v.string(), player: v.string(), score: v.number() })) },
  handler: async (ctx, { scores }) => {
    const ids = [];
    for (const score of scores) ids.push(await ctx.db.insert("scores", score));
    return ids;
  },
});

export const correct = mutation({
  args: { id: v.id("scores"), score: v.number() },
  handler: (ctx, { id, score }) => ctx.db.patch(id, { score }),
});

export const remove = mutation({ args: { id: v.id("scores") }, handler: (ctx, { id }) => ctx.db.delete(id) });

export const totals = query({
  args: {},
  handler: async (ctx) => ({
    count: await byScore.count(ctx),
    sum: await byScore.sum(ctx),
    min: (await byScore.min(ctx))?.key ?? null,
    max: (await byScore.max(ctx))?.key ?? null,
  }),
});

export const above = query({
  args: { score: v.number() },
  handler: (ctx, { score }) => byScore.count(ctx, { bounds: { lower: { key: score, inclusive: false } } }),
});

export const rank = query({
  args: { score: v.number() },
  handler: async (ctx, { score }) => [await byScore.indexOf(ctx, score), await byScore.indexOf(ctx, score, { order: "desc" })],
});

export const at = query({
  args: { offsets: v.array(v.number()) },
  handler: async (ctx, { offsets }) => (await byScore.atBatch(ctx, offsets.map((offset) => ({ offset })))).map(({ key }) => key),
});

export const random = query({ args: {}, handler: async (ctx) => (await byScore.random(ctx))?.key ?? null });

export const page = query({
  args: { cursor: v.optional(v.string()), pageSize: v.number() },
  handler: async (ctx, options) => {
    const { page, cursor, isDone } = await byScore.paginate(ctx, { ...options, order: "desc" });
    return { keys: page.map(({ key }) => key), cursor, isDone };
  },
});

export const ofPlayer = query({
  args: { game: v.string(), player: v.string() },
  handler: async (ctx, { game, player }) => {
    const options = { namespace: game, bounds: { prefix: [player] as [string] } };
    return { count: await byGame.count(ctx, options), sum: await byGame.sum(ctx, options), best: (await byGame.max(ctx, options))?.key[1] };
  },
});

export const games = query({
  args: {},
  handler: async (ctx) => {
    const names = [];
    for await (const game of byGame.iterNamespaces(ctx)) names.push(game);
    return names;
  },
});

export const clear = rawMutation({ args: {}, handler: (ctx) => byScore.clear(ctx) });

export const backfill = rawMutation({
  args: {},
  handler: async (ctx) => {
    for await (const doc of ctx.db.query("scores")) await byScore.insertIfDoesNotExist(ctx, doc);
  },
});

export const feed = rawMutation({
  args: { items: v.array(v.object({ key: v.number(), id: v.string() })), later: v.boolean() },
  handler: async (ctx, { items, later }) => {
    for (const item of items) await direct.insert(ctx, item, { async: later });
  },
});

/** Stale, because the component does not count exactly while items wait. */
export const fed = query({ args: {}, handler: (ctx) => direct.count(ctx, { stale: true }) });
