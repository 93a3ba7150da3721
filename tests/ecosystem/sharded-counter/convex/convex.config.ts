import shardedCounter from "@convex-dev/sharded-counter/convex.config";
import { defineApp } from "convex/server";

const app = defineApp();
app.use(shardedCounter);
app.use(shardedCounter, { name: "otherCounter" });
export default app;
