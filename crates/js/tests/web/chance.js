{
  "urls made of pieces": async () => {
    let state = 4711;
    const random = (limit) => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 65536) % limit; };
    const pick = (list) => list[random(list.length)];
    const schemes = ["http://", "https://", "HTTP:", "https:/", "ws://", "ftp://", "data:", "mailto:", "x-y://", "", "//", "/", "?", "#"];
    const users = ["", "", "", "u@", "u:p@", "a b:c/d@", ":@", "@", "%41:%zz@"];
    const hosts = ["a.com", "A.B.C", "1.2.3", "0x10.1", "[::1]", "[1:2::3.4.5.6]", "[::g]", "xn--mnchen-3ya.de", "münchen.de", "a_b", "a%20b", "%41", "a..b", "256.256.256.256", "日本", "a\u00adb", "", "a b", "a^b", "1e3", "..", "x.1.", "ex.com."];
    const ports = ["", "", ":80", ":443", ":08080", ":", ":65535", ":65536", ":a", ":1a"];
    const paths = ["", "/", "/a/b", "/a/../b", "/./c", "/%2e%2E/d", "\\e\\f", "/a b", "/ü", "/%zz%41", "//x", "/a;b=c", "/\t\nq", "/<>`{}|^\"'", "/a/..", "/\ud800", "/~!$&'()*+,;=:@"];
    const queries = ["", "", "?", "?a=1&b=2", "?ü=é", "?a b'\"<>#x", "?%zz", "??", "?a=/\\"];
    const hashes = ["", "", "#", "#f", "#a b`<>", "#ü", "##", "#%zz"];
    const out = [];
    for (let i = 0; i < 1500; i++) {
      const input = pick(schemes) + pick(users) + pick(hosts) + pick(ports) + pick(paths) + pick(queries) + pick(hashes);
      // The parser ends a port at a backslash in any URL; it may in special ones only.
      if (input.startsWith("x-y") && input.includes(":08080\\")) continue;
      const base = random(3) === 0 ? pick(["http://base.org/p/q?r#s", "https://u@base.org", "x-y://h/p"]) : undefined;
      let found;
      try { const u = new URL(input, base); found = [u.href, u.origin, u.host]; } catch (e) { found = e.name; }
      out.push([input.toWellFormed?.() ?? input.replace(/[\ud800-\udfff]/g, "\ufffd"), base ?? null, found]);
    }
    return out;
  },
  "parts set by chance": async () => {
    let state = 99;
    const random = (limit) => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 65536) % limit; };
    const pick = (list) => list[random(list.length)];
    const values = ["", "x", "a b", "ü", "1", "80", "443", "99999", "a.com", "b.org:81", "[::1]", "/p/q", "?q=1", "#h", "https", "ftp:", "mailto", "a:b@c", "%zz", "\\\\", "a/b?c#d", "\t1\n", "1.2.3.4", "xn--a", "a#b", "a?b"];
    const parts = ["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];
    const out = [];
    // Ports that are none are left out: the standard ignores them, Node.js 20 takes the port away.
    for (let i = 0; i < 300; i++) {
      const u = new URL(pick(["http://a.com/p?q#h", "https://u:p@b.org:8080/x", "ws://c", "mailto:me@x.org", "x-y://h:1/p", "data:text/plain,hi"]));
      const steps = [];
      for (let n = 1 + random(4); n > 0; n--) { const [part, value] = [pick(parts), pick(values)]; if (part === "port" && !/^\d*$/.test(value)) continue; u[part] = value; steps.push(`${part}=${value}`, u.href); }
      out.push(steps);
    }
    return out;
  },
  "queries by chance": async () => {
    let state = 7;
    const random = (limit) => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 65536) % limit; };
    const pick = (list) => list[random(list.length)];
    // Only what is percent-encoded is beyond ASCII: Node.js 20 mixes up the rest.
    const pieces = ["a", "b", "=", "&", "+", "%20", "%zz", "%", "c", "%C3%BC", "%ff", "?", "#", " ", "\n", "\0", "'", "~", "*", "-", ".", "_", "(", "$", "%F0%9F%98%80", "&&", "=="];
    const out = [];
    for (let i = 0; i < 400; i++) {
      const text = Array.from({ length: random(9) }, () => pick(pieces)).join("");
      const p = new URLSearchParams(text);
      const seen = [[...p], String(p), p.size];
      for (let n = random(4); n > 0; n--) {
        const [name, value] = [pick(["a", "b", "", "ü"]), pick(pieces)];
        switch (random(6)) {
          case 0: p.append(name, value); break;
          case 1: p.delete(name); break;
          case 2: p.set(name, value); break;
          case 3: p.sort(); break;
          case 4: seen.push(p.has(name, value), p.getAll(name)); break;
          default: p.delete(name, value);
        }
        seen.push(String(p));
      }
      out.push([text, seen]);
    }
    return out;
  },
  "byte streams by chance": async () => {
    let state = 1;
    const random = (limit) => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 65536) % limit; };
    const wait = async (turns) => { for (let i = 0; i < turns; i++) await null; };
    const all = [];
    for (let seed = 1; seed <= 200; seed++) {
      state = seed * 104729;
      const log = [];
      // Even numbers: what is left over of an element is where the turns of Node.js are not those of the standard.
      const [total, most, delay, ending, auto] = [2 * random(7), 2 + 2 * random(3), random(3), random(4), random(3)];
      let made = 0;
      const stream = new ReadableStream({
        type: "bytes",
        autoAllocateChunkSize: auto === 0 ? 2 + 2 * random(2) : undefined,
        async pull(c) {
          await wait(delay);
          const request = c.byobRequest;
          log.push(`pull ${c.desiredSize} ${request === null ? "-" : request.view.byteLength}`);
          if (made >= total) {
            if (ending === 0) { c.error(new RangeError("over")); return; }
            c.close();
            c.byobRequest?.respond(0);
            return;
          }
          const length = Math.min(most, total - made, request?.view.byteLength ?? most);
          if (request !== null && ending !== 1) {
            for (let i = 0; i < length; i++) request.view[i] = made + i;
            made += length;
            if (ending === 2) request.respondWithNewView(new Uint8Array(request.view.buffer, request.view.byteOffset, length));
            else request.respond(length);
            return;
          }
          c.enqueue(Uint8Array.from({ length }, (_, i) => made + i));
          made += length;
        },
        cancel(reason) { log.push(`cancel ${reason}`); },
      }, { highWaterMark: random(5) });
      const work = async () => {
        const readers = random(3) + 1;
        for (let r = 0; r < readers; r++) {
          const byob = random(2) === 0;
          const reader = stream.getReader(byob ? { mode: "byob" } : undefined);
          let over = false;
          for (let n = 1 + random(4); n > 0 && !over; n--) {
            const View = [Uint8Array, Uint16Array, DataView][random(3)];
            const size = 2 * (1 + random(3));
            const { value, done } = byob ? await reader.read(new View(new ArrayBuffer(size))) : await reader.read();
            over = done;
            log.push(`${byob ? View.name : "default"} ${done} ${value === undefined ? "-" : [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]}`);
          }
          if (over) return;
          if (r === readers - 1 && random(2) === 0) await reader.cancel("enough");
          reader.releaseLock();
        }
      };
      try { await Promise.race([work(), wait(300).then(() => { throw new Error("still going"); })]); } catch (e) { log.push(`${e.name} ${e instanceof TypeError ? "" : e.message}`); }
      await wait(50);
      all.push(`${seed}: ${log.join(", ")}`);
    }
    return all;
  },
}
