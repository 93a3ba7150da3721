// Actions that call out: each takes the address of the server they talk to.
import { v } from "convex/values";
import { action, mutation, query } from "./_generated/server";

const refusal = async (work: () => Promise<unknown>) => {
  try {
    await work();
    return "allowed";
  } catch (error) {
    return (error as Error).message;
  }
};

export const inQuery = query({ args: {}, handler: () => refusal(() => fetch("http://127.0.0.1:1/")) });
export const inMutation = mutation({ args: {}, handler: () => refusal(() => fetch("http://127.0.0.1:1/")) });

export const json = action({
  args: { base: v.string() },
  handler: async (_ctx, { base }) => {
    const response = await fetch(`${base}/echo?q=1`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Test": "yes" },
      body: JSON.stringify({ hello: "wörld" }),
    });
    return { status: response.status, ok: response.ok, seen: await response.json() };
  },
});

export const redirects = action({
  args: { base: v.string() },
  handler: async (_ctx, { base }) => {
    const followed = await fetch(`${base}/redirect`);
    const manual = await fetch(`${base}/redirect`, { redirect: "manual" });
    return {
      followed: [followed.status, followed.redirected, followed.url === `${base}/echo`],
      manual: [manual.status, manual.headers.get("location")],
      error: await refusal(() => fetch(`${base}/redirect`, { redirect: "error" })),
    };
  },
});

export const upload = action({
  args: { base: v.string(), pieces: v.number(), size: v.number() },
  handler: async (_ctx, { base, pieces, size }) => {
    let made = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (made === pieces) return controller.close();
        controller.enqueue(new Uint8Array(size).fill(made++ % 256));
      },
    });
    const response = await fetch(`${base}/count`, { method: "POST", body, duplex: "half" } as RequestInit);
    return response.json();
  },
});

export const download = action({
  args: { base: v.string(), bytes: v.number() },
  handler: async (_ctx, { base, bytes }) => {
    const response = await fetch(`${base}/bytes/${bytes}`);
    let total = 0;
    let pieces = 0;
    const reader = response.body!.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      total += value.length;
      pieces += 1;
    }
    return { total, severalPieces: pieces > 1 };
  },
});

export const form = action({
  args: { base: v.string() },
  handler: async (_ctx, { base }) => {
    const form = new FormData();
    form.append("name", "value");
    form.append("file", new File([new Uint8Array([0, 255, 10, 13])], "bytes.bin", { type: "application/x-bytes" }));
    const response = await fetch(`${base}/mirror`, { method: "POST", body: form });
    const back = await response.formData();
    const file = back.get("file") as File;
    return { name: back.get("name"), file: [file.name, file.type, ...new Uint8Array(await file.arrayBuffer())] };
  },
});

export const abort = action({
  args: { base: v.string() },
  handler: async (_ctx, { base }) => {
    const controller = new AbortController();
    const hanging = refusal(() => fetch(`${base}/hang/abort`, { signal: controller.signal }));
    await fetch(`${base}/wait/abort-hanging`);
    controller.abort();
    const message = await hanging;
    await fetch(`${base}/wait/abort-gone`);
    const timeout = await fetch(`${base}/hang/timeout`, { signal: AbortSignal.timeout(20) }).catch((error: Error) => error.name);
    return { message, timeout };
  },
});

export const unreachable = action({
  args: { url: v.string() },
  handler: async (_ctx, { url }) => {
    try {
      await fetch(url);
      return null;
    } catch (error) {
      return { name: (error as Error).name, message: (error as Error).message };
    }
  },
});

/** Leaves a request behind that nobody awaits. */
export const dangling = action({
  args: { base: v.string() },
  handler: async (_ctx, { base }) => {
    void fetch(`${base}/hang/left`);
    await fetch(`${base}/wait/left-hanging`);
    return null;
  },
});

export const storeFetched = action({
  args: { base: v.string() },
  handler: async (ctx, { base }) => {
    const response = await fetch(`${base}/bytes/1000`);
    const id = await ctx.storage.store(await response.blob());
    const file = await ctx.storage.get(id);
    return file!.size;
  },
});
