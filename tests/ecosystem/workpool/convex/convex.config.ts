import workpool from "@convex-dev/workpool/convex.config";
import { defineApp } from "convex/server";

const app = defineApp();
app.use(workpool, { name: "serial" });
app.use(workpool, { name: "wide" });
export default app;
