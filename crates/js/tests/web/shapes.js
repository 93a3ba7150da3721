{
  "members": async () => {
    const { getOwnPropertyNames, getOwnPropertyDescriptor } = Object;
    // What one side has beyond the standard, or what Node.js 20 does not have yet.
    const aside = { URL: ["createObjectURL", "revokeObjectURL", "parse"], Response: ["bytes"], Request: ["attribute", "bytes", "isReloadNavigation", "isHistoryNavigation"], Blob: ["bytes"], ReadableStream: ["from"], File: ["webkitRelativePath"], Event: ["srcElement", "initEvent", "returnValue", "NONE", "CAPTURING_PHASE", "AT_TARGET", "BUBBLING_PHASE"] };
    const kind = (holder, name) => {
      const it = getOwnPropertyDescriptor(holder, name);
      return it.get === undefined ? typeof it.value : it.set === undefined ? "get" : "get set";
    };
    const listed = (holder, ignored) => getOwnPropertyNames(holder).filter((name) => !ignored.includes(name) && name !== "constructor").sort().map((name) => [name, kind(holder, name)]);
    const statics = ["length", "name", "prototype"];
    const out = [];
    for (const name of ["URL", "URLSearchParams", "Headers", "Request", "Response", "FormData", "Blob", "File", "TextEncoder", "TextDecoder", "Event", "EventTarget", "AbortController", "AbortSignal", "DOMException", "ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "WritableStream", "WritableStreamDefaultWriter", "TransformStream", "TextEncoderStream", "TextDecoderStream"]) {
      const it = globalThis[name];
      out.push([name, listed(it.prototype, aside[name] ?? []), listed(it, [...statics, ...(aside[name] ?? [])])]);
    }
    return out;
  },
  "lengths and names": async () => {
    const out = [];
    const skip = ["TextEncoder.encodeInto", "TextDecoder.decode", "Event.initEvent"];
    for (const name of ["URL", "URLSearchParams", "Headers", "Request", "Response", "FormData", "Blob", "File", "TextEncoder", "TextDecoder", "Event", "EventTarget", "AbortController", "AbortSignal", "ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "WritableStream", "WritableStreamDefaultWriter", "TransformStream"]) {
      const { prototype } = globalThis[name];
      for (const member of Object.getOwnPropertyNames(prototype).sort()) {
        const { value } = Object.getOwnPropertyDescriptor(prototype, member);
        if (typeof value === "function" && member !== "constructor" && member !== "bytes" && !skip.includes(`${name}.${member}`)) out.push(`${name}.${member} ${value.name} ${value.length}`);
      }
    }
    return out;
  },
  "names of objects": async () => {
    const objects = [new URL("http://a"), new URLSearchParams(), new Headers(), new Request("http://a"), new Response(), new FormData(), new Blob(), new File([], "f"), new TextEncoder(), new TextDecoder(), new Event("e"), new EventTarget(), new AbortController(), new AbortController().signal, new ReadableStream(), new WritableStream(), new TransformStream(), new URLSearchParams().entries(), new Headers().keys(), new FormData().values()];
    return objects.map((it) => [Object.prototype.toString.call(it), Object.keys(it).length, JSON.stringify(it)]);
  },
  "methods need their object": async () => {
    const out = [];
    for (const [name, member] of [["URL", "toString"], ["URLSearchParams", "get"], ["Headers", "get"], ["FormData", "get"], ["EventTarget", "addEventListener"], ["AbortController", "abort"], ["TextDecoder", "decode"], ["ReadableStream", "getReader"], ["WritableStream", "getWriter"]]) {
      try { out.push(Reflect.apply(globalThis[name].prototype[member], {}, ["x", () => {}])); } catch (e) { out.push([name, e.name]); }
    }
    for (const [name, member] of [["Response", "text"], ["Request", "json"], ["Blob", "text"], ["ReadableStream", "cancel"]]) {
      try { const it = Reflect.apply(globalThis[name].prototype[member], {}, []); try { await it; out.push("fine"); } catch (e) { out.push([name, "rejected", e.name]); } } catch (e) { out.push([name, "thrown", e.name]); }
    }
    return out;
  },
  "constructors need new": async () => ["URL", "URLSearchParams", "Headers", "Request", "Response", "FormData", "Blob", "File", "TextEncoder", "TextDecoder", "Event", "EventTarget", "AbortController", "AbortSignal", "DOMException", "ReadableStream", "WritableStream", "TransformStream", "ReadableStreamDefaultReader"].map((name) => { try { globalThis[name](); return "fine"; } catch (e) { return e.name; } }),
}
