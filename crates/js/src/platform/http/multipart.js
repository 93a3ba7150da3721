// FormData to bytes and back: multipart/form-data, and urlencoded forms.
(host, shared) => {
  const { blobBytes } = shared;
  const CRLF = host.utf8Encode("\r\n");

  const join = (chunks) => {
    const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  };

  // Encoding

  const lines = (text) => text.replace(/\r\n|\r|\n/g, "\r\n");
  const escape = (text) => text.replace(/\n/g, "%0A").replace(/\r/g, "%0D").replace(/"/g, "%22");
  const newBoundary = () => {
    let digits = "";
    for (let i = 0; i < 4; i++) digits += Math.floor(host.random() * 1e8).toString().padStart(8, "0");
    return `----formdata-${digits}`;
  };
  const encode = (form) => {
    const boundary = newBoundary();
    const chunks = [];
    const push = (text) => chunks.push(host.utf8Encode(text));
    for (const [name, value] of form) {
      push(`--${boundary}\r\nContent-Disposition: form-data; name="${escape(lines(name))}"`);
      if (typeof value === "string") {
        push(`\r\n\r\n${lines(value)}\r\n`);
        continue;
      }
      push(`; filename="${escape(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}\r\n\r\n`);
      chunks.push(blobBytes(value), CRLF);
    }
    push(`--${boundary}--\r\n`);
    return { bytes: join(chunks), type: `multipart/form-data; boundary=${boundary}` };
  };

  // Decoding

  const broken = (what) => new TypeError(`Could not parse content as FormData: ${what}`);
  // Parameters of a header value such as `form-data; name="a"`, by lower-case name.
  const PARAMETER = /;\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/y;
  const parameters = (value) => {
    const found = new Map();
    PARAMETER.lastIndex = Math.max(0, value.indexOf(";"));
    for (let match = PARAMETER.exec(value); match !== null; match = PARAMETER.exec(value)) {
      const [, name, quoted, plain] = match;
      if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), quoted ?? plain);
    }
    return found;
  };
  const unescape = (text) => text.replace(/%0A/gi, "\n").replace(/%0D/gi, "\r").replace(/%22/g, '"');
  const decodeText = (bytes) => host.utf8Decode(bytes, false);

  // Name, file name and content type of a part, from its header lines.
  const partHeaders = (text) => {
    const part = { name: undefined, filename: undefined, type: undefined };
    for (const line of text.split("\r\n")) {
      const cut = line.indexOf(":");
      if (cut < 0) continue;
      const header = line.slice(0, cut).trim().toLowerCase();
      const value = line.slice(cut + 1).trim();
      if (header === "content-type") part.type = value;
      if (header !== "content-disposition") continue;
      if (!/^form-data\s*(;|$)/i.test(value)) throw broken("a part is not form-data");
      const found = parameters(value);
      if (found.has("name")) part.name = unescape(found.get("name"));
      if (found.has("filename")) part.filename = unescape(found.get("filename"));
    }
    if (part.name === undefined) throw broken("a part has no name");
    return part;
  };

  const isAt = (bytes, at, first, second) => bytes[at] === first && bytes[at + 1] === second;
  const decodeMultipart = (bytes, boundary) => {
    const form = new FormData();
    const delimiter = host.utf8Encode(`--${boundary}`);
    const between = host.utf8Encode(`\r\n--${boundary}`);
    const blank = host.utf8Encode("\r\n\r\n");
    let at = host.bytesFind(bytes, delimiter, 0);
    if (at < 0) throw broken("the boundary is missing");
    at += delimiter.length;
    for (;;) {
      if (isAt(bytes, at, 0x2d, 0x2d)) return form;
      if (!isAt(bytes, at, 0x0d, 0x0a)) throw broken("a boundary is followed by something else than a line break");
      at += 2;
      const start = host.bytesFind(bytes, blank, at - 2);
      if (start < 0) throw broken("the headers of a part have no end");
      const { name, filename, type } = partHeaders(decodeText(bytes.subarray(at, Math.max(at, start))));
      const from = start + blank.length;
      const end = host.bytesFind(bytes, between, from - 2);
      if (end < 0) throw broken("a part has no end");
      const content = bytes.subarray(from, Math.max(from, end));
      if (filename === undefined) form.append(name, decodeText(content));
      else form.append(name, new File([content], filename, { type: type ?? "text/plain" }));
      at = end + between.length;
    }
  };

  const decode = (bytes, type) => {
    const essence = (type ?? "").split(";")[0].trim().toLowerCase();
    if (essence === "multipart/form-data") {
      const boundary = parameters(type).get("boundary");
      if (boundary === undefined || boundary === "") throw broken("the content type has no boundary");
      return decodeMultipart(bytes, boundary);
    }
    if (essence === "application/x-www-form-urlencoded") {
      const form = new FormData();
      for (const [name, value] of new URLSearchParams(decodeText(bytes))) form.append(name, value);
      return form;
    }
    throw new TypeError('Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".');
  };
  return { encode, decode };
};
