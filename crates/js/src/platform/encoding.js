// TextEncoder, TextDecoder and base64 over the host's converters.
(host, shared) => {
  const { hidden } = shared;

  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(text = "") {
      return host.utf8Encode(String(text));
    }
    encodeInto(text, target) {
      let read = 0;
      let written = 0;
      for (const character of String(text)) {
        const bytes = host.utf8Encode(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  const LABELS = new Map();
  const label = (encoding, names) => names.forEach((name) => LABELS.set(name, encoding));
  label("utf-8", ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"]);
  label("utf-16le", ["utf-16le", "utf-16", "unicode", "ucs-2", "iso-10646-ucs-2", "csunicode", "unicodefeff"]);
  label("windows-1252", ["latin1", "iso-8859-1", "iso8859-1", "iso88591", "l1", "ascii", "us-ascii", "windows-1252", "cp1252", "x-cp1252"]);
  // The places where windows-1252 differs from Latin-1, 0x80 to 0x9f.
  const WINDOWS_1252 =
    "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
    "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

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
    "windows-1252": {
      decode: (bytes) => {
        let text = "";
        for (const byte of bytes) text += byte >= 0x80 && byte < 0xa0 ? WINDOWS_1252[byte - 0x80] : String.fromCharCode(byte);
        return text;
      },
      unfinished: () => 0,
    },
  };

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
    #rest = new Uint8Array(0);
    #started = false;
    constructor(name = "utf-8", options = {}) {
      this.#encoding = LABELS.get(String(name).trim().toLowerCase());
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
      if (!this.#started && !this.#ignoreBOM && this.#encoding !== "windows-1252" && text.charCodeAt(0) === 0xfeff) {
        text = text.slice(1);
        this.#started = true;
      }
      this.#started = stream && (this.#started || text.length > 0);
      return text;
    }
  }

  hidden(globalThis, "TextEncoder", TextEncoder);
  hidden(globalThis, "TextDecoder", TextDecoder);
};
