// The address that senders post to.
import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { isSigned } from "./signature";

declare const process: { env: Record<string, string | undefined> };

const http = httpRouter();

http.route({
  path: "/webhook",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const secret = process.env.WEBHOOK_SECRET;
    if (!secret) return new Response("WEBHOOK_SECRET is not set", { status: 500 });

    // The signature covers the bytes as they were sent, so they are checked before anything is parsed.
    const body = await request.arrayBuffer();
    if (!(await isSigned(body, request.headers.get("X-Signature-256"), secret))) {
      return new Response("The signature does not match the body.", { status: 401 });
    }
    const delivery = request.headers.get("X-Delivery");
    if (delivery === null) return new Response("X-Delivery is missing.", { status: 400 });

    const { event, ...payload } = JSON.parse(new TextDecoder().decode(body));
    const isNew = await ctx.runMutation(internal.deliveries.receive, { delivery, event, payload });
    return new Response(null, { status: isNew ? 202 : 200 });
  }),
});

export default http;
