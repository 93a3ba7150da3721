// Routes of the test app.
import { httpRouter } from "convex/server";
import { ConvexError } from "convex/values";
import { internal } from "./_generated/api";
import { shapeOf } from "./contexts";
import { httpAction } from "./_generated/server";

const http = httpRouter();

const says = (text: string) => httpAction(async () => new Response(text));

http.route({ path: "/routes/exact", method: "GET", handler: says("exact") });
http.route({ path: "/routes/exact", method: "PATCH", handler: says("patched") });
http.route({ pathPrefix: "/routes/", method: "GET", handler: says("prefix") });
http.route({ pathPrefix: "/routes/longer/", method: "GET", handler: says("longer prefix") });
http.route({ path: "/routes/exact", method: "OPTIONS", handler: httpAction(async (_, request) =>
  new Response(`body ${request.body}`, { status: 200, headers: { "Access-Control-Allow-Origin": "https://only.example" } })) });

for (const method of ["GET", "POST", "PUT", "DELETE"] as const) {
  http.route({
    path: "/mirror",
    method,
    handler: httpAction(async (_, request) => {
      const headers = new Headers({ "x-url": request.url, "x-method": request.method, "x-sent": request.headers.get("x-sent") ?? "" });
      headers.append("Set-Cookie", "a=1; Path=/");
      headers.append("Set-Cookie", "b=2");
      const body = request.body === null ? "null" : await request.arrayBuffer();
      return new Response(body, { status: 207, headers });
    }),
  });
}

http.route({
  path: "/upper",
  method: "POST",
  handler: httpAction(async (_, request) => {
    const upper = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => controller.enqueue(new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase())),
    });
    return new Response(request.body!.pipeThrough(upper), { headers: { "Content-Type": "text/plain" } });
  }),
});

/** Passes a request on and its answer back, both while they arrive. */
http.route({
  path: "/proxy",
  method: "POST",
  handler: httpAction(async (_, request) => {
    const to = new URL(request.url).searchParams.get("to")!;
    const headers = { "Content-Type": request.headers.get("Content-Type")! };
    return fetch(to, { method: "POST", headers, body: request.body, duplex: "half" } as RequestInit);
  }),
});

http.route({
  path: "/note",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const { list, text } = await request.json();
    console.log("noting", text);
    const id = await ctx.runMutation(internal.actions.write, { list, text });
    return Response.json({ id });
  }),
});

http.route({
  path: "/throws",
  method: "GET",
  handler: httpAction(async (_, request) => {
    if (new URL(request.url).searchParams.has("data")) throw new ConvexError({ n: 1 });
    throw new Error("before the head");
  }),
});

http.route({
  path: "/breaks",
  method: "POST",
  handler: httpAction(async (_, request) => {
    const sent = request.body!.getReader();
    return new Response(new ReadableStream({
      async pull(controller) {
        const { done } = await sent.read();
        if (done) return controller.error(new Error("after the head"));
        controller.enqueue(new TextEncoder().encode("first"));
      },
    }));
  }),
});

http.route({ path: "/large", method: "GET", handler: httpAction(async () => new Response(new ReadableStream({
  pull: (controller) => controller.enqueue(new Uint8Array(3 << 20)),
}))) });

http.route({
  path: "/until-abort",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const { list } = await request.json();
    await ctx.runMutation(internal.actions.write, { list, text: "waiting" });
    await new Promise<void>((resolve) => {
      request.signal.addEventListener("abort", () => resolve());
      setTimeout(() => {}, 60_000);
    });
    await ctx.runMutation(internal.actions.write, { list, text: `aborted ${request.signal.aborted}` });
    return new Response("late");
  }),
});

/** Streams `text` with the length it is said to have. */
http.route({
  path: "/sized",
  method: "GET",
  handler: httpAction(async (_, request) => {
    const { searchParams } = new URL(request.url);
    const text = new TextEncoder().encode(searchParams.get("text")!);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(text);
        controller.close();
      },
    });
    return new Response(body, { headers: { "Content-Length": searchParams.get("length")! } });
  }),
});

/** Writes a body until nobody wants it, and then keeps on working. */
http.route({
  path: "/feed",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const { list } = await request.json();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const feed = async () => {
      const writer = writable.getWriter();
      const refusal = await (async () => {
        for (;;) await writer.write(new TextEncoder().encode("piece"));
      })().catch((error: Error) => error.name);
      for (const text of [refusal, "and on"]) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        await ctx.runMutation(internal.actions.write, { list, text });
      }
    };
    void feed();
    return new Response(readable);
  }),
});

/** Sends one piece and holds the connection until the client lets go. */
http.route({
  path: "/held",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const { list } = await request.json();
    return new Response(new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
      cancel: async () => {
        await ctx.runMutation(internal.actions.write, { list, text: "let go" });
      },
    }));
  }),
});

http.route({ path: "/metadata", method: "GET", handler: httpAction(async (ctx) => Response.json(await ctx.meta.getRequestMetadata())) });

http.route({ path: "/whoami", method: "GET", handler: httpAction(async (ctx) => Response.json(await ctx.auth.getUserIdentity())) });

http.route({ path: "/context", method: "GET", handler: httpAction(async (ctx) => Response.json(shapeOf(ctx))) });

export default http;
