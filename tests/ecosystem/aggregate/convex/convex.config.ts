import aggregate from "@convex-dev/aggregate/convex.config";
import { defineApp } from "convex/server";

const app = defineApp();
app.use(aggregate, { name: "byScore" });
app.use(aggregate, { name: "byGame" });
app.use(aggregate, { name: "direct" });
export default app;
