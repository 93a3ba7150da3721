// A router in the shape that bundles of the official library have, and handlers that show what passes through.
const call = async (name, args) => JSON.parse(await Convex.asyncSyscall(name, JSON.stringify(args)));
const reversed = (stream) =>
  stream.pipeThrough(new TransformStream({
    transform: (chunk, controller) => controller.enqueue(new TextEncoder().encode(`[${new TextDecoder().decode(chunk)}]`)),
  }));
const bytes = (text) => new TextEncoder().encode(text);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const note = (body) => call("1.0/actions/mutation", { name: "app:add", args: { table: "notes", body }, version: "1.48.0", requestId: "" });
// A response that `feed` writes while it is sent, and that nobody awaits.
const fed = (feed) => {
  const { readable, writable } = new TransformStream();
  feed(writable.getWriter());
  return new Response(readable);
};
const endsAfter = (pieces) => new ReadableStream({
  pull(controller) {
    const piece = pieces.shift();
    if (piece === undefined) controller.close();
    else controller.enqueue(bytes(piece));
  },
});
const endless = (piece) => new ReadableStream({ pull: (controller) => controller.enqueue(piece) });

const handlers = {
  "/echo": async (request) => {
    const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-url", request.url], ["x-method", request.method]]);
    return new Response(request.body === null ? "null" : new Uint8Array(await request.arrayBuffer()), { status: 201, headers });
  },
  "/stream": async (request) => new Response(reversed(request.body)),
  "/nothing": async () => new Response(null, { status: 204 }),
  "/throws": async () => {
    throw new Error("before the head");
  },
  "/breaks": async () => new Response(new ReadableStream({
    pull(controller) {
      if (this.sent) controller.error(new Error("after the head"));
      this.sent = true;
      controller.enqueue(new TextEncoder().encode("first"));
    },
  })),
  "/large": async () => new Response(endless(new Uint8Array(3 << 20))),
  "/large/nearly": async () => new Response(new Uint8Array(17 << 20)),
  "/large/whole": async () => new Response(new Uint8Array(21 << 20)),
  "/endless": async () => new Response(endless(new Uint8Array(1000))),
  "/feeds/until/unwanted": async () => fed(async (writer) => {
    const untilRefused = async () => {
      for (;;) await writer.write(bytes("piece"));
    };
    const refusal = await untilRefused().catch((error) => error.name);
    for (const text of [refusal, "stored", "to the end"]) {
      await sleep(1);
      await note(text);
    }
  }),
  "/feeds/to/the/end": async () => fed(async (writer) => {
    await note("before");
    await writer.write(bytes("all"));
    await writer.close();
  }),
  "/feeds/and/fails": async () => fed(async (writer) => {
    for (;;) await writer.write(bytes("piece"));
  }),
  "/silent": async () => new Response(new ReadableStream({
    start: (controller) => controller.enqueue(bytes("first")),
    cancel: async (reason) => {
      await sleep(1);
      await note(`cancelled ${reason.name}`);
    },
  })),
  "/relays": async (request) => new Response(new ReadableStream({
    start(controller) {
      controller.enqueue(bytes("first"));
      request.signal.addEventListener("abort", () => controller.error(request.signal.reason));
    },
  })),
  "/leaves": async () => new Response(new ReadableStream({
    pull(controller) {
      if (!this.sent) {
        this.sent = true;
        return controller.enqueue(bytes("all"));
      }
      note("left behind");
      controller.close();
    },
  })),
  "/promises": async (request) => new Response(endsAfter(["ab", "cde"]), { headers: { "content-length": request.headers.get("x-a") } }),
  "/whoami": async () => Response.json(await call("1.0/getUserIdentity", { requestId: "" })),
  "/notes": async () => {
    const args = { table: "notes", body: "from http" };
    await call("1.0/actions/mutation", { name: "app:addInternal", args, version: "1.48.0", requestId: "" });
    console.log("noted");
    return new Response("ok");
  },
  "/until/abort": async (request) => {
    await new Promise((resolve) => {
      request.signal.addEventListener("abort", resolve);
      setTimeout(() => {}, 600000);
    });
    const args = { table: "notes", body: `aborted ${request.signal.aborted}` };
    await call("1.0/actions/mutation", { name: "app:add", args, version: "1.48.0", requestId: "" });
    return new Response("late");
  },
};

export default {
  isRouter: true,
  lookup: (path, method) => (Object.hasOwn(handlers, path) && method !== "DELETE" ? [handlers[path], method, path] : null),
  runRequest: async (text, path) => {
    const request = Convex.jsSyscall("requestFromConvexJson", { convexJson: JSON.parse(text) });
    const response = await handlers[path](request);
    return JSON.stringify(await Convex.jsSyscall("convexJsonFromResponse", { response }));
  },
};
