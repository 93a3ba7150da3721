// How requests and responses travel between the host and an HTTP action.
(host, shared) => {
  const { startOp, jsSyscalls } = shared;

  const incoming = ({ url, method, headerPairs, streamId, signal }) => {
    const headers = new Headers();
    for (const [name, value] of headerPairs) headers.append(name, value);
    const controller = new AbortController();
    if (signal !== null && signal !== undefined) {
      const [, gone] = startOp("HTTP actions", "http/disconnected", "");
      gone.then(() => controller.abort());
    }
    let body = null;
    if (streamId !== null && streamId !== undefined) {
      const { Body, streamOfPulls } = shared.part("http/body");
      const stream = streamOfPulls(() => startOp("HTTP actions", "http/read", String(streamId))[1]);
      body = new Body({ stream });
    }
    return shared.part("http/request").make({ url, method, headers, body, signal: controller.signal });
  };

  // Sends a body that is not there yet, as fast as the client takes it.
  const pump = async (stream) => {
    const reader = stream.getReader();
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const chunk = shared.part("http/body").chunkBytes(value);
        if (chunk.length === 0) continue;
        const [, taken] = startOp("HTTP actions", "http/write", "", chunk);
        if ((await taken) === "stop") {
          await reader.cancel();
          break;
        }
      }
    } catch (error) {
      startOp("HTTP actions", "http/broken", "");
      throw error;
    }
    startOp("HTTP actions", "http/end", "");
  };
  const outgoing = (response) => {
    const { detailsOf } = shared.part("http/response");
    const details = detailsOf(response);
    if (details === undefined) throw new TypeError("HTTP actions must return a Response");
    const head = { headerPairs: [...response.headers], status: response.status, streamId: null };
    const { body } = details;
    if (body === null) return head;
    body.check();
    if (body.stream === undefined) {
      body.used = true;
      startOp("HTTP actions", "http/body", "", body.bytes);
      return head;
    }
    pump(body.stream);
    return { ...head, streamId: 1 };
  };
  jsSyscalls.requestFromConvexJson = ({ convexJson }) => incoming(convexJson);
  jsSyscalls.convexJsonFromResponse = ({ response }) => outgoing(response);

  const routerOf = (ns) => {
    const router = ns.default;
    if (router === undefined) throw new Error("`convex/http.js` must have a default export of a Router.");
    if (router === null || router.isRouter !== true) {
      throw new Error("The default export of `convex/http.js` is not a Router.");
    }
    return router;
  };
  // The path of the route that answers, for the logs; null when there is none.
  shared.httpRoute = (ns, path, method) => {
    const found = routerOf(ns).lookup(path, method);
    return found === null || found === undefined ? null : String(found[2]);
  };
  shared.httpRun = (ns, request, path) => routerOf(ns).runRequest(request, path);
};
