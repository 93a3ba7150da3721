// HTTP routes: with CORS through convex-helpers, and everything else through Hono.
import { Hono } from "hono";
import { cors as honoCors } from "hono/cors";
import { type HonoWithConvex, HttpRouterWithHono } from "convex-helpers/server/hono";
import { corsRouter } from "convex-helpers/server/cors";
import { api } from "./_generated/api";
import { type ActionCtx, httpAction } from "./_generated/server";

const app: HonoWithConvex<ActionCtx> = new Hono();
app.use("/hono/open/*", honoCors());
app.get("/hono/authors/:name", async (c) => {
  const name = c.req.param("name");
  const shelf = await c.env.runQuery(api.library.shelf, { author: name });
  return c.json({ name, books: shelf.length, loud: c.req.query("loud") ?? null });
});
app.post("/hono/echo", async (c) => {
  const form = await c.req.parseBody();
  return c.text(`${form.word}`, 201, { "X-Seen": c.req.header("x-mine") ?? "nothing" });
});
app.get("/hono/open/cookie", (c) => {
  c.header("Set-Cookie", "a=1", { append: true });
  c.header("Set-Cookie", "b=2", { append: true });
  return c.html("<p>open</p>");
});
app.onError((error, c) => c.json({ message: error.message }, 418));
app.get("/hono/fails", () => {
  throw new Error("a teapot");
});
app.notFound((c) => c.text(`no ${c.req.method} ${c.req.path}`, 404));

const http = new HttpRouterWithHono(app);

const cors = corsRouter(http, {
  allowedOrigins: ["http://localhost:8080", "*.example.com"],
  allowedHeaders: ["Content-Type", "X-Mine"],
  allowCredentials: true,
  browserCacheMaxAge: 60,
});
cors.route({ path: "/cors", method: "GET", handler: httpAction(async () => new Response("got")) });
cors.route({
  path: "/cors",
  method: "POST",
  handler: httpAction(async (_ctx, request) => new Response(`posted ${await request.text()}`)),
});
cors.route({
  pathPrefix: "/closed/",
  method: "GET",
  enforceAllowOrigins: true,
  handler: httpAction(async (_ctx, request) => new Response(new URL(request.url).pathname)),
});
http.route({ path: "/plain", method: "GET", handler: httpAction(async () => new Response("plain")) });

export default http;
