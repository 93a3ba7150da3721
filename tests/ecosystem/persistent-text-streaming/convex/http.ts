import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
import { answer } from "./chat";

const http = httpRouter();
http.route({ path: "/chat-stream", method: "POST", handler: answer });
http.route({
  path: "/chat-stream",
  method: "OPTIONS",
  handler: httpAction(async () => new Response(null, {
    headers: {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Methods": "POST",
      "Access-Control-Allow-Headers": "Content-Type, Digest, Authorization",
      "Access-Control-Max-Age": "86400",
    },
  })),
});
export default http;
