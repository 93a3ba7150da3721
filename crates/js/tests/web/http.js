{
  "headers": async () => {
    const h = new Headers({ B: "1", a: " x " });
    h.append("b", "2"); h.append("set-cookie", "p"); h.append("Set-Cookie", "q");
    const out = [[...h], [...h.keys()], [...h.values()], h.get("B"), h.get("missing"), h.has("A"), h.getSetCookie()];
    h.set("b", "9"); h.delete("a");
    out.push([...h.entries()]);
    const seen = []; h.forEach((v, k, self) => seen.push([k, v, self === h])); out.push(seen);
    return out;
  },
  "header checks": async () => {
    const out = [];
    const tries = [
      () => new Headers(null), () => new Headers(1), () => new Headers("ab"), () => new Headers([["a"]]), () => new Headers([["a", "b", "c"]]),
      () => new Headers({ "": "x" }), () => new Headers({ "a b": "x" }), () => new Headers({ a: "x\n y" }), () => new Headers({ a: "\u0100" }),
      () => new Headers([["a", "1"], ["A", "2"]]).get("a"), () => new Headers().append("a"), () => new Headers().get(""), () => new Headers({ a: "\xe9" }).get("a"),
      () => new Headers(new Map([["k", "v"]])).get("k"), () => new Headers({ a: undefined }).get("a"), () => new Headers({ a: "\t x \r\n" }).get("a"),
      () => new Headers({ a: "" }).get("a"), () => new Headers(undefined).get("a"),
    ];
    for (const attempt of tries) { try { const v = attempt(); out.push(v instanceof Headers ? "fine" : v ?? "none"); } catch (e) { out.push(e.name); } }
    return out;
  },
  "headers change during iteration": async () => {
    const h = new Headers({ a: "1", b: "2", c: "3" });
    const seen = [];
    for (const [k] of h) { seen.push(k); if (k === "a") h.delete("b"); }
    return seen;
  },
  "response defaults": async () => {
    const r = new Response();
    return [r.status, r.statusText, r.ok, r.body, r.bodyUsed, r.type, r.url, r.redirected, [...r.headers], await r.text(), r.bodyUsed];
  },
  "response bodies": async () => {
    const out = [];
    const bodies = ["text", new Uint8Array([104, 105]), new Uint8Array([104, 105]).buffer, new Blob(["b"], { type: "x/y" }), new Blob(["b"]), new URLSearchParams({ a: "1 2" }), 12, { a: 1 }, "", null, undefined, new DataView(new ArrayBuffer(2))];
    for (const body of bodies) { const r = new Response(body); out.push([r.headers.get("content-type"), r.body === null, await r.text()]); }
    return out;
  },
  "response reading methods": async () => {
    const r = () => new Response("{\"a\":[1,2]}", { headers: { "content-type": "application/json" } });
    const blob = await r().blob();
    return [await r().json(), (await r().arrayBuffer()).byteLength, blob.type, blob.size, await blob.text(), (await r().arrayBuffer()) instanceof ArrayBuffer];
  },
  "response status checks": async () => {
    const out = [];
    for (const status of [199, 200, 204, 299, 599, 600, 0, -1, "201", 200.5, NaN, undefined]) {
      try { const r = new Response(null, { status }); out.push([r.status, r.ok]); } catch (e) { out.push(e.name); }
    }
    for (const attempt of [() => new Response("x", { status: 204 }), () => new Response("x", { status: 304 }), () => new Response(null, { statusText: "a\nb" }), () => new Response(null, { statusText: "ok" }).statusText, () => new Response(null, 1)]) {
      try { const v = attempt(); out.push(typeof v === "string" ? v : "fine"); } catch (e) { out.push(e.name); }
    }
    return out;
  },
  "response statics": async () => {
    const out = [];
    const j = Response.json({ a: 1 }, { status: 201, headers: { x: "y" } });
    out.push(j.status, [...j.headers], await j.text());
    out.push([...Response.json(null, { headers: { "content-type": "a/b" } }).headers]);
    try { Response.json(undefined); } catch (e) { out.push(e.name); }
    try { Response.json(1n); } catch (e) { out.push(e.name); }
    const r = Response.redirect("http://a.com/x y");
    out.push(r.status, r.headers.get("location"), Response.redirect("http://a.com", 308).status);
    for (const s of [200, 304, 400]) { try { Response.redirect("http://a.com", s); } catch (e) { out.push(e.name); } }
    try { Response.redirect("nope"); } catch (e) { out.push(e.name); }
    out.push(Response.error().type);
    return out;
  },
  "status texts pass": async () => {
    const r = new Response("x", { status: 201, statusText: "Made \xe9" });
    return [r.statusText, r.clone().statusText, new Response(null, r).statusText, Response.json(1, { statusText: "Fine" }).statusText, new Response().statusText, Response.redirect("http://a.com").statusText];
  },
  "statuses without a body": async () => {
    const out = [];
    const contents = [() => "x", () => new Uint8Array(1), () => new Blob(["x"]), () => new URLSearchParams({ a: 1 }), () => new ReadableStream(), () => null, () => undefined];
    for (const status of [204, 205, 304]) {
      for (const content of contents) { try { out.push(new Response(content(), { status }).body === null); } catch (e) { out.push(e.name); } }
    }
    return out;
  },
  "headers that cannot change": async () => {
    const changes = [(h) => h.set("a", "b"), (h) => h.append("a", "b"), (h) => h.delete("location"), (h) => h.set("a b", "c"), (h) => h.set("a")];
    const responses = [Response.error(), Response.redirect("http://a.com"), Response.redirect("http://a.com").clone(), new Response(null, Response.redirect("http://a.com")), new Response(), new Response().clone(), Response.json(1)];
    const tried = responses.map((r) => changes.map((change) => { try { change(r.headers); return "fine"; } catch (e) { return e.name; } }));
    return [tried, responses[1].headers.get("location"), new Headers(responses[1].headers).get("location")];
  },
  "bodies are read once": async () => {
    const r = new Response("x");
    const out = [r.bodyUsed];
    await r.text();
    out.push(r.bodyUsed, r.body.locked);
    for (const m of ["text", "json", "arrayBuffer", "blob"]) { try { await r[m](); out.push("fine"); } catch (e) { out.push(e.name); } }
    try { r.clone(); } catch (e) { out.push(e.name); }
    return out;
  },
  "locked bodies": async () => {
    const r = new Response("abc");
    const reader = r.body.getReader();
    const out = [r.bodyUsed, r.body.locked];
    try { await r.text(); } catch (e) { out.push(e.name); }
    out.push([...(await reader.read()).value], r.bodyUsed, (await reader.read()).done);
    return out;
  },
  "clone": async () => {
    const r = new Response("hello", { status: 202, statusText: "Yes", headers: { a: "b" } });
    const c = r.clone();
    c.headers.set("a", "c");
    return [await r.text(), await c.text(), c.status, c.statusText, r.headers.get("a"), c.headers.get("a")];
  },
  "clone of a stream": async () => {
    const stream = new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("ab")); c.enqueue(new TextEncoder().encode("cd")); c.close(); } });
    const r = new Response(stream);
    const c = r.clone();
    return [await c.text(), await r.text()];
  },
  "stream bodies": async () => {
    const out = [];
    const make = (chunks) => new Response(new ReadableStream({ start(c) { for (const x of chunks) c.enqueue(x); c.close(); } }));
    out.push(await make([new Uint8Array([0xc3]), new Uint8Array([0xa9])]).text(), make([]).headers.get("content-type"), await make([]).text());
    try { await make(["text"]).text(); } catch (e) { out.push(e.name); }
    const failing = new Response(new ReadableStream({ start(c) { c.error(new RangeError("x")); } }));
    try { await failing.text(); } catch (e) { out.push(e.name); }
    const s = new ReadableStream(); s.getReader();
    try { new Response(s); } catch (e) { out.push(e.name); }
    const kept = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([65])); c.close(); } });
    const r = new Response(kept);
    out.push(r.body === kept, r.bodyUsed);
    let text = "";
    for await (const chunk of r.body) text += new TextDecoder().decode(chunk);
    out.push(text, r.bodyUsed);
    return out;
  },
  "bom": async () => {
    const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]);
    return [await new Response(bytes).text(), await new Response(bytes).json(), await new Blob([bytes]).text(), (await new Response(bytes).arrayBuffer()).byteLength];
  },
  "json errors": async () => {
    const out = [];
    for (const text of ["", "{", "nope"]) { try { await new Response(text).json(); } catch (e) { out.push(e.name); } }
    return out;
  },
  "request": async () => {
    const out = [];
    const r = new Request("https://Example.com:443/a/../b?q#h", { method: "post", body: "x", headers: { A: "b" } });
    out.push(r.url, r.method, [...r.headers], r.bodyUsed, await r.text(), r.bodyUsed, r.signal.aborted);
    const get = new Request(new URL("http://a.com"));
    out.push(get.url, get.method, get.body, await get.text());
    for (const method of ["get", "Put", "patch", "dElEtE", "custom", "PATCH"]) out.push(new Request("http://a.com", { method }).method);
    return out;
  },
  "request checks": async () => {
    const out = [];
    const tries = [
      () => new Request("/relative"), () => new Request(""), () => new Request(), () => new Request("http://a.com", { method: "TRACE" }),
      () => new Request("http://a.com", { method: "a b" }), () => new Request("http://a.com", { body: "x" }), () => new Request("http://a.com", { method: "HEAD", body: "" }),
      () => new Request("http://u:p@a.com"), () => new Request("http://a.com", { redirect: "x" }), () => new Request("http://a.com", { signal: {} }),
      () => new Request("http://a.com", { signal: null }), () => new Request("http://a.com", { method: "POST", body: null }), () => new Request("http://a.com", 1),
    ];
    for (const attempt of tries) { try { attempt(); out.push("fine"); } catch (e) { out.push(e.name); } }
    return out;
  },
  "request from request": async () => {
    const out = [];
    const a = new Request("http://a.com", { method: "POST", body: "one", headers: { x: "1" } });
    const b = new Request(a, { headers: { y: "2" } });
    out.push(a.bodyUsed, b.method, [...b.headers].map(([k]) => k), await b.text());
    try { new Request(a); } catch (e) { out.push(e.name); }
    const c = new Request("http://a.com", { method: "POST", body: "two" });
    const d = new Request(c, { body: "three" });
    out.push(c.bodyUsed, await d.text(), await c.text());
    const e = new Request(new Request("http://b.com", { method: "PUT", body: "q" }), { method: "DELETE" });
    out.push(e.method, e.url, await e.text());
    return out;
  },
  "request clone": async () => {
    const a = new Request("http://a.com", { method: "POST", body: "one", headers: { x: "1" } });
    const b = a.clone();
    const out = [await a.text(), await b.text(), b.headers.get("x"), b.method, b.url];
    try { a.clone(); } catch (e) { out.push(e.name); }
    return out;
  },
  "request signal": async () => {
    const c = new AbortController();
    const r = new Request("http://a.com", { signal: c.signal });
    const copy = new Request(r);
    const clone = r.clone();
    const out = [r.signal === c.signal, r.signal.aborted];
    c.abort("why");
    out.push(r.signal.aborted, r.signal.reason, copy.signal.aborted, clone.signal.aborted);
    return out;
  },
  "form data": async () => {
    const f = new FormData();
    f.append("a", "1"); f.append("a", 2); f.append("b", new Blob(["x"], { type: "t/u" })); f.append("c", new Blob(["y"]), "n.txt");
    f.append("d", new File(["zz"], "f.bin", { type: "q/r", lastModified: 5 }));
    const out = [f.get("a"), f.getAll("a"), f.has("b"), f.has("z"), f.get("z"), [...f.keys()]];
    const show = (v) => (typeof v === "string" ? v : [v.name, v.type, v.size, v instanceof File]);
    out.push([...f].map(([k, v]) => [k, show(v)]), f.get("d").lastModified);
    f.set("a", "9"); f.delete("b"); f.set("new", "v");
    out.push([...f.entries()].map(([k, v]) => [k, show(v)]));
    const seen = []; f.forEach((v, k) => seen.push([k, show(v)])); out.push(seen);
    for (const attempt of [() => f.append("x"), () => f.append("x", "y", "name"), () => f.get(), () => new FormData(1), () => f.set("q")]) { try { attempt(); out.push("fine"); } catch (e) { out.push(e.name); } }
    return out;
  },
  "multipart text": async () => {
    const f = new FormData();
    f.append("a\"b\r\nc", "x\ny"); f.append("f", new File(["data"], "q\"u.txt", { type: "text/x" })); f.append("g", new File([], "e"));
    const r = new Response(f);
    const type = r.headers.get("content-type");
    const boundary = /^multipart\/form-data; ?boundary=(.+)$/.exec(type)[1];
    return (await r.text()).replaceAll(boundary, "B").trimEnd();
  },
  "blob": async () => {
    const b = new Blob(["abc", new Uint8Array([100]), new Blob(["e"]), new Uint8Array([102]).buffer, 7], { type: "A/B" });
    const out = [b.size, b.type, await b.text(), await b.slice(1, 3).text(), await b.slice(-2).text(), await b.slice(2, -2, "q/z").text(), b.slice(0, 1, "Q/z").type, b.slice(0, 1).type, await b.slice(5, 2).text(), await b.slice(undefined, 2).text()];
    const chunks = []; for await (const c of b.stream()) chunks.push(...c); out.push(chunks.length);
    out.push(new Blob().size, new Blob([]).type, String(b), new Blob(["x"], { type: "\u00e9" }).type);
    for (const attempt of [() => new Blob("x"), () => new Blob(1), () => new Blob({}), () => new Blob(new Set(["a", "b"])).size, () => Blob()]) { try { out.push(attempt()?.size ?? "fine"); } catch (e) { out.push(e.name); } }
    return out;
  },
  "file": async () => {
    const f = new File(["ab"], "n.txt", { type: "t/x", lastModified: 12 });
    const out = [f.name, f.type, f.size, f.lastModified, f instanceof Blob, await f.text(), String(f), f.slice(0, 1) instanceof File];
    for (const attempt of [() => new File(["a"]), () => new File(), () => new File("x", "y")]) { try { attempt(); out.push("fine"); } catch (e) { out.push(e.name); } }
    out.push(typeof new File([], "x").lastModified);
    return out;
  },
  "names": async () => [String(new Headers()), String(new Request("http://a.com")), String(new Response()), String(new FormData()), Response.length, Request.length, Headers.length],
}
