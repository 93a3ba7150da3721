import { PersistentTextStreaming, type StreamId, StreamIdValidator } from "@convex-dev/persistent-text-streaming";
import { v } from "convex/values";
import { components, internal } from "./_generated/api";
import { httpAction, internalQuery, mutation, query } from "./_generated/server";

const streaming: PersistentTextStreaming = new PersistentTextStreaming(components.persistentTextStreaming);
const ofStream = { stream: StreamIdValidator };

export const create = mutation({
  args: { prompt: v.string() },
  handler: async (ctx, { prompt }): Promise<string> => {
    const stream = await streaming.createStream(ctx);
    await ctx.db.insert("chats", { prompt, stream });
    return stream;
  },
});

export const body = query({ args: ofStream, handler: (ctx, { stream }) => streaming.getStreamBody(ctx, stream as StreamId) });

export const prompt = internalQuery({
  args: ofStream,
  handler: async (ctx, { stream }) => (await ctx.db.query("chats").withIndex("stream", (q) => q.eq("stream", stream)).unique())!.prompt,
});

/** What the component does itself to streams that are older than twenty minutes. */
export const expire = mutation({
  args: ofStream,
  handler: (ctx, { stream }) =>
    ctx.runMutation(components.persistentTextStreaming.lib.setStreamStatus, { streamId: stream, status: "timeout" }),
});

export const remove = mutation({ args: ofStream, handler: (ctx, { stream }) => streaming.deleteStream(ctx, stream as StreamId) });

/** Streams what the model has to say about the prompt of a chat. */
export const answer = httpAction(async (ctx, request) => {
  const { stream } = (await request.json()) as { stream: StreamId };
  const response = await streaming.stream(ctx, request, stream, async (ctx, _request, id, append) => {
    const prompt = await ctx.runQuery(internal.chat.prompt, { stream: id });
    const { ok, status, body } = await fetch(`${process.env.MODEL_URL}/${prompt}`);
    if (!ok || body === null) throw new Error(`the model answers ${status}`);
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await append(decoder.decode(value, { stream: true }));
    }
  });
  response.headers.set("Access-Control-Allow-Origin", "*");
  response.headers.set("Vary", "Origin");
  return response;
});
