// A server that runs the shared test app: what most test files start from.
import { after, before } from "node:test";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";
import { Project } from "./project.mjs";
import { Server } from "./server.mjs";
import WebSocket from "ws";

export const api = anyApi;

/**
 * Starts one server for the whole file, with an app on it; all of it is gone after the last test.
 * `options` are flags of the server and `environment` makes its variables, `project` makes the app (the test app if
 * nothing is said), `prepare` may change it before it is pushed, `seed` may write the first data.
 */
export function deployedApp({ options = [], environment, project = Project.testApp, prepare, seed } = {}) {
  const context = { clients: [] };

  before(async () => {
    context.server = await Server.startWith({ options, environment: await environment?.() });
    context.project = project();
    await prepare?.(context);
    await context.project.push(context.server);
    context.http = new ConvexHttpClient(context.server.url, { logger: false });
    await seed?.(context);
  });

  after(async () => {
    await Promise.all(context.clients.map((client) => client.close()));
    await context.server?.remove();
    context.project?.remove();
  });

  /** A WebSocket client that is closed when the file is done. */
  context.connect = (options = {}) => {
    const client = new ConvexClient(context.server.url, { logger: false, webSocketConstructor: WebSocket, ...options });
    context.clients.push(client);
    return client;
  };

  return context;
}

let lists = 0;

/** A name that no other test of this process uses. */
export function freshName(prefix = "list") {
  lists += 1;
  return `${prefix}-${process.pid}-${lists}`;
}
