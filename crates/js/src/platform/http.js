// How requests and responses travel between the host and an HTTP action.
(host, shared) => {
  const { startOp, jsSyscalls } = shared;

  // Whether the client has gone away before it had everything.
  let isDeserted = false;
  const incoming = ({ url, method, headerPairs, streamId, signal }) => {
    const headers = new Headers();
    for (const [name, value] of headerPairs) headers.append(name, value);
    const controller = new AbortController();
    if (signal !== null && signal !== undefined) {
      const [, gone] = startOp("HTTP actions", "http/disconnected", "");
      gone.then(() => {
        isDeserted = true;
        controller.abort();
      });
    }
    let body = null;
    if (streamId !== null && streamId !== undefined) {
      const { Body, streamOfPulls } = shared.part("http/body");
      const stream = streamOfPulls(() => startOp("HTTP actions", "http/read", String(streamId))[1]);
      body = new Body({ stream });
    }
    return shared.part("http/request").make({ url, method, headers, body, signal: controller.signal });
  };

  // Sends a body that is not there yet, as fast as the client takes it. When nobody wants the rest, the stream is
  // cancelled, and what feeds it goes on as it likes.
  const pump = async (stream, contentLength) => {
    const { chunkBytes } = shared.part("http/body");
    const reader = stream.getReader();
    let isWanted = true;
    const [, unwanted] = startOp("HTTP actions", "http/stream", contentLength);
    unwanted.then(() => {
      isWanted = false;
      reader.cancel(new DOMException("Nobody reads the rest of this response", "AbortError")).catch(() => {});
    });
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (!isWanted) return;
        if (done) break;
        const chunk = chunkBytes(value);
        if (chunk.length > 0) await startOp("HTTP actions", "http/write", "", chunk)[1];
      }
    } catch (error) {
      // Apps break their streams off when the client has gone, as they should: that is no failure.
      if (!isWanted || isDeserted) return;
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
    pump(body.stream, response.headers.get("content-length") ?? "");
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
