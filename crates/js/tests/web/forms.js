{
  "multipart round trips": async () => {
    const out = [];
    const entries = [["plain", "text"], ["empty", ""], ["lines", "a\nb\r\nc\rd"], ["ünïcode 😀", "wért 😀"], ["q\"uo\"te", "--boundary"], ["a\nb", "c"], ["%22", "%0A"], ["", "no name"], ["same", "1"], ["same", "2"]];
    const form = new FormData();
    for (const [name, value] of entries) form.append(name, value);
    form.append("file", new File([new Uint8Array([0, 13, 10, 45, 45, 255])], "ü \"x\"\n.bin", { type: "application/x-thing" }));
    form.append("blob", new Blob(["b"]), "named.txt");
    form.append("bare", new Blob([]));
    const back = await new Response(form).formData();
    for (const [name, value] of back) out.push(typeof value === "string" ? [name, value] : [name, value.name, value.type, [...new Uint8Array(await value.arrayBuffer())], value instanceof File]);
    return out;
  },
  "multipart as others write it": async () => {
    const out = [];
    const read = async (type, text) => {
      try {
        const form = await new Response(new TextEncoder().encode(text.replaceAll("\n", "\r\n")), { headers: { "content-type": type } }).formData();
        const all = [];
        for (const [name, value] of form) all.push(typeof value === "string" ? [name, value] : [name, value.name, value.type, await value.text()]);
        out.push(all);
      } catch (e) { out.push(e.name); }
    };
    const type = "multipart/form-data; boundary=B";
    await read(type, '--B\nContent-Disposition: form-data; name="a"\n\n1\n--B--\n');
    await read(type, '--B\nContent-Disposition: form-data; name="a"\n\n1\n--B--');
    await read('multipart/form-data; charset=utf-8; boundary="B"', '--B\ncontent-disposition: form-data; name="a"; filename="f.txt"\ncontent-type: text/html; charset=x\n\n<b>\n--B--\n');
    await read(type, '--B\nContent-Type: text/plain\nContent-Disposition: form-data; name="a"\nX-Other: y\n\nv\n--B--\n');
    await read(type, '--B\nContent-Disposition: form-data; name="a"; filename=""\n\nv\n--B--\n');
    await read(type, '--B\nContent-Disposition: form-data; name="a"\n\nfirst\nsecond\n\n--B\nContent-Disposition: form-data; name="b"\n\n\n--B--\n');
    await read("multipart/form-data; boundary=----WebKitFormBoundaryAbC123", '------WebKitFormBoundaryAbC123\nContent-Disposition: form-data; name="x"\n\ny\n------WebKitFormBoundaryAbC123--\n');
    await read(type, '--B\nContent-Disposition: attachment; name="a"\n\n1\n--B--\n');
    await read(type, '--C\nContent-Disposition: form-data; name="a"\n\n1\n--C--\n');
    await read(type, '--B\nContent-Disposition: form-data; name="a"\n\n1');
    await read(type, "");
    await read("multipart/form-data", "--B--\n");
    await read("text/plain", "a=b");
    await read("", "a=b");
    return out;
  },
  "urlencoded": async () => {
    const out = [];
    for (const text of ["a=1&b=2", "a=1&a=2", "a", "=b", "a=%20+%2B", "%C3%A9=%F0%9F%98%80", "a=%zz&b=%", "", "&&", "a=b=c"]) out.push([...await new Response(text, { headers: { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" } }).formData()]);
    return out;
  },
  "entries while changing": async () => {
    const form = new FormData();
    for (const name of ["a", "b", "c"]) form.append(name, name);
    const seen = [];
    for (const [name] of form) { seen.push(name); if (name === "a") form.delete("b"); if (seen.length < 4) form.append("d" + seen.length, "x"); }
    return seen;
  },
  "values become text": async () => {
    const form = new FormData();
    for (const value of [1, null, undefined, true, { a: 1 }, [1, 2], 5n, "\ud800"]) form.append("k", value);
    const out = [form.getAll("k")];
    for (const attempt of [() => form.append("a", Symbol()), () => form.append("f", new Blob([]), null)]) { try { attempt(); out.push("fine"); } catch (e) { out.push(e.name); } }
    out.push([...form].map(([k, v]) => [k, typeof v === "string" ? v : v.name]));
    return out;
  },
  "files of forms": async () => {
    const form = new FormData();
    const file = new File(["x"], "a.txt", { type: "text/plain", lastModified: 7 });
    const blob = new Blob(["y"], { type: "q/r" });
    form.append("file", file); form.append("renamed", file, "b.txt"); form.append("blob", blob); form.append("named", blob, "c.txt");
    return [form.get("file") === file, form.get("renamed") === file, ...[...form].map(([k, v]) => [k, v.name, v.type, v.size, v instanceof File])];
  },
  "blobs": async () => {
    const out = [];
    const b = new Blob(["abcdef"]);
    for (const range of [[0], [2], [-2], [1, 3], [3, 1], [-4, -2], [0, 100], [undefined, undefined]]) out.push(await b.slice(...range).text());
    for (const type of ["text/plain", "TEXT/Plain", "x", "", "a b", "\x7f", "a\n", null, undefined, 5]) out.push(new Blob([], { type }).type, new Blob(["x"]).slice(0, 1, type).type);
    const big = new Blob([new Uint8Array(200000).fill(7)]);
    let total = 0; for await (const piece of big.stream()) total += piece.length; out.push(total);
    const copied = new Uint8Array([1, 2]); const kept = new Blob([copied]); copied[0] = 9; out.push([...new Uint8Array(await kept.arrayBuffer())]);
    out.push(await new Blob(["a\r\nb\nc"], { endings: "transparent" }).text(), await new Blob(["a\r\nb\nd"], { endings: "native" }).text());
    for (const attempt of [() => new Blob([], { endings: "x" }), () => new Blob([], 1), () => new Blob([], null), () => new Blob(null), () => new Blob(undefined), () => new Blob([Symbol()]), () => new File([], Symbol()), () => new File([], "n", { lastModified: "12" }).lastModified, () => new File([], "n", { lastModified: -1 }).lastModified, () => new File([], "n", { lastModified: new Date(5) }).lastModified, () => new File([], "n", { lastModified: null }).lastModified]) { try { const it = attempt(); out.push(typeof it === "number" ? it : "fine"); } catch (e) { out.push(e.name); } }
    return out;
  },
}
