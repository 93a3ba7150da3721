// TextEncoder, TextDecoder and base64 over the host's converters.
(host, shared) => {
  const { hidden } = shared;

  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    get [Symbol.toStringTag]() {
      return "TextEncoder";
    }
    encode(text = "") {
      return host.utf8Encode(`${text}`.toWellFormed());
    }
    encodeInto(text, target) {
      if (!(target instanceof Uint8Array)) throw new TypeError("TextEncoder.encodeInto: expected a Uint8Array");
      let read = 0;
      let written = 0;
      for (const character of `${text}`) {
        const bytes = host.utf8Encode(character.toWellFormed());
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  // How many bytes at the end are the start of a character that is not complete yet. Bytes that cannot become a
  // character are none: they are malformed at once.
  const SECOND_BYTES = { 0xe0: [0xa0, 0xbf], 0xed: [0x80, 0x9f], 0xf0: [0x90, 0xbf], 0xf4: [0x80, 0x8f] };
  const unfinishedUtf8 = (bytes) => {
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back];
      if (byte >= 0x80 && byte < 0xc0) continue;
      if (byte < 0xc2 || byte > 0xf4) return 0;
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      const second = bytes[bytes.length - back + 1];
      const [least, most] = SECOND_BYTES[byte] ?? [0x80, 0xbf];
      return length > back && (back === 1 || (second >= least && second <= most)) ? back : 0;
    }
    return 0;
  };
  const unfinishedUtf16 = (bytes) => {
    const odd = bytes.length % 2;
    const high = bytes.length - odd >= 2 ? bytes[bytes.length - odd - 1] : 0;
    return odd + (high >= 0xd8 && high <= 0xdb ? 2 : 0);
  };
  const codecs = {
    "utf-8": { decode: host.utf8Decode, unfinished: unfinishedUtf8 },
    "utf-16le": { decode: host.utf16Decode, unfinished: unfinishedUtf16 },
  };
  const NOTHING = new Uint8Array(0);

  // Other encodings are decoded by the host, which is told the bytes before that its state depends on: those since
  // one that always stands for itself.
  const dependentBytes = (encoding, bytes) => {
    let at = bytes.length;
    if (encoding === "iso-2022-jp") {
      while (at > 0 && bytes[at - 1] !== 0x1b) at--;
      return at === 0 ? NOTHING : bytes.slice(at - 1);
    }
    while (at > 0 && bytes[at - 1] >= 0x30) at--;
    return bytes.slice(at);
  };
  const MULTI_BYTE = ["big5", "euc-jp", "euc-kr", "gb18030", "gbk", "iso-2022-jp", "shift_jis", "utf-16be"];

  const bytesOf = (input) => {
    if (input === undefined) return new Uint8Array(0);
    if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    if (input instanceof ArrayBuffer) return new Uint8Array(input);
    throw new TypeError("TextDecoder.decode: expected an ArrayBuffer or a view of one");
  };
  shared.bytesOf = bytesOf;

  class TextDecoder {
    #encoding;
    #fatal;
    #ignoreBOM;
    #rest = NOTHING;
    #started = false;
    constructor(name = "utf-8", options = {}) {
      if (options !== null && typeof options !== "object" && typeof options !== "function") throw new TypeError("TextDecoder: the options must be an object");
      this.#encoding = host.encodingName(`${name}`);
      if (this.#encoding === undefined) throw new RangeError(`The "${name}" encoding is not supported`);
      this.#fatal = Boolean(options?.fatal);
      this.#ignoreBOM = Boolean(options?.ignoreBOM);
    }
    get encoding() {
      return this.#encoding;
    }
    get [Symbol.toStringTag]() {
      return "TextDecoder";
    }
    get fatal() {
      return this.#fatal;
    }
    get ignoreBOM() {
      return this.#ignoreBOM;
    }
    decode(input, options) {
      const stream = Boolean(options?.stream);
      const codec = codecs[this.#encoding];
      let bytes = bytesOf(input);
      if (codec === undefined) return this.#decodeByHost(bytes, stream);
      if (this.#rest.length > 0) {
        const joined = new Uint8Array(this.#rest.length + bytes.length);
        joined.set(this.#rest);
        joined.set(bytes, this.#rest.length);
        bytes = joined;
      }
      const keep = stream ? codec.unfinished(bytes) : 0;
      this.#rest = bytes.slice(bytes.length - keep);
      let text = codec.decode(keep === 0 ? bytes : bytes.subarray(0, bytes.length - keep), this.#fatal);
      if (text === undefined) {
        this.#rest = new Uint8Array(0);
        this.#started = false;
        throw new TypeError("The encoded data was not valid for encoding " + this.#encoding);
      }
      if (!this.#started && !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff) {
        text = text.slice(1);
        this.#started = true;
      }
      this.#started = stream && (this.#started || text.length > 0);
      return text;
    }
    #decodeByHost(bytes, stream) {
      const before = this.#rest;
      let text = host.decode(this.#encoding, before, bytes, !stream, this.#fatal);
      this.#rest = NOTHING;
      if (text === undefined) {
        this.#started = false;
        throw new TypeError("The encoded data was not valid for encoding " + this.#encoding);
      }
      if (stream && MULTI_BYTE.includes(this.#encoding)) {
        const all = new Uint8Array(before.length + bytes.length);
        all.set(before);
        all.set(bytes, before.length);
        this.#rest = this.#encoding === "utf-16be" ? all.slice(Math.max(0, all.length - (all.length % 4) - 4)) : dependentBytes(this.#encoding, all);
      }
      if (this.#encoding === "utf-16be" && !this.#started && !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      this.#started = stream && (this.#started || text.length > 0);
      return text;
    }
  }

  const { atob: decodeBase64, btoa: encodeBase64 } = globalThis;
  hidden(globalThis, "atob", function atob(text) {
    if (arguments.length === 0) throw new TypeError("atob: a string is required");
    return decodeBase64(`${text}`);
  });
  hidden(globalThis, "btoa", function btoa(text) {
    if (arguments.length === 0) throw new TypeError("btoa: a string is required");
    return encodeBase64(`${text}`);
  });

  hidden(globalThis, "TextEncoder", TextEncoder);
  hidden(globalThis, "TextDecoder", TextDecoder);
};
