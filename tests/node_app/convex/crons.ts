import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.interval("count in Node.js", { seconds: 1 }, internal.nodeCalls.hidden, { name: "cron" });

export default crons;
