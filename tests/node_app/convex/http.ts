import { httpRouter } from "convex/server";
import { api } from "./_generated/api";
import { httpAction } from "./_generated/server";

const http = httpRouter();

http.route({
  path: "/packages",
  method: "GET",
  handler: httpAction(async (ctx) => Response.json(await ctx.runAction(api.machine.packages, {}))),
});

export default http;
