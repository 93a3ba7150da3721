// Migrations: two in a series, each in small batches that schedule the next one.
import { getStatus, makeMigration, startMigration, startMigrationsSerially } from "convex-helpers/server/migrations";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, mutation, query } from "./_generated/server";

const migration = makeMigration(internalMutation, { migrationTable: "migrations", defaultBatchSize: 2 });

export const activate = migration({ table: "accounts", migrateOne: () => ({ status: "active" as const }) });

export const enrich = migration({
  table: "accounts",
  migrateOne: async (ctx, account) => {
    await ctx.db.patch(account._id, { balance: (account.balance ?? 0) + 1 });
  },
});

export const startAll = mutation({
  args: {},
  handler: (ctx) => startMigrationsSerially(ctx, [internal.migrations.activate, internal.migrations.enrich]),
});

export const dryRun = mutation({
  args: {},
  handler: (ctx) => ctx.runMutation(internal.migrations.enrich, { fn: "migrations:enrich", cursor: null, dryRun: true }),
});

export const again = mutation({
  args: {},
  handler: (ctx) => startMigration(ctx, internal.migrations.enrich, { startCursor: null, batchSize: 3 }),
});

export const seed = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    for (let i = 0; i < count; i++) {
      await ctx.db.insert("accounts", { balance: i, status: "inactive", email: `${i}@example.com` });
    }
  },
});

export const status = query({
  args: {},
  handler: async (ctx) => {
    const migrations = [internal.migrations.activate, internal.migrations.enrich];
    return (await getStatus(ctx, { migrationTable: "migrations", migrations })).map(({ name, isDone, processed }: any) => ({
      name,
      isDone,
      processed: processed ?? 0,
    }));
  },
});

export const accounts = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("accounts").collect()).map(({ status, balance }) => `${status} ${balance}`),
});
