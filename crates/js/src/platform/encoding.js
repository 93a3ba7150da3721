// TextEncoder, TextDecoder and base64 over the host's converters.
(host, shared) => {
  const { hidden } = shared;

  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(text = "") {
      return host.utf8Encode(String(text).toWellFormed());
    }
    encodeInto(text, target) {
      let read = 0;
      let written = 0;
      for (const character of String(text)) {
        const bytes = host.utf8Encode(character.toWellFormed());
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  // How many bytes at the end are the start of a character that is not complete yet.
  const unfinishedUtf8 = (bytes) => {
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back];
      if (byte >= 0xc0) {
        const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
        return length > back ? back : 0;
      }
      if (byte < 0x80) return 0;
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
      this.#encoding = host.encodingName(String(name));
      if (this.#encoding === undefined) throw new RangeError(`The "${name}" encoding is not supported`);
      this.#fatal = Boolean(options?.fatal);
      this.#ignoreBOM = Boolean(options?.ignoreBOM);
    }
    get encoding() {
      return this.#encoding;
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

  hidden(globalThis, "TextEncoder", TextEncoder);
  hidden(globalThis, "TextDecoder", TextDecoder);
};
