// HTTP actions in the shape that bundles of the official library have.
const call = async (name, args) => JSON.parse(await Convex.asyncSyscall(name, JSON.stringify(args)));
const streamed = (text) => new ReadableStream({ start(controller) { controller.enqueue(new TextEncoder().encode(text)); controller.close(); } });
const answer = (text, length) => new Response(streamed(text), { headers: length === null ? {} : { "content-length": length } });

const handlers = {
  "/metadata": async () => Response.json(await call("1.0/getRequestMetadata", {})),
  "/streamed": async (request) => {
    const { searchParams } = new URL(request.url);
    return answer(searchParams.get("text"), searchParams.get("length"));
  },
  "/whole": async () => new Response("whole", { headers: { "content-length": "99" } }),
  "/empty": async () => new Response(null, { headers: { "content-length": "99" } }),
  "/asleep": async () => new Promise((resolve) => setTimeout(() => resolve(new Response("late")), 2 ** 31 - 1)),
};

export default {
  isRouter: true,
  lookup: (path, method) => (Object.hasOwn(handlers, path) ? [handlers[path], method, path] : null),
  runRequest: async (text, path) => {
    const request = Convex.jsSyscall("requestFromConvexJson", { convexJson: JSON.parse(text) });
    return JSON.stringify(await Convex.jsSyscall("convexJsonFromResponse", { response: await handlers[path](request) }));
  },
};
