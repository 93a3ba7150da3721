// TextEncoderStream and TextDecoderStream.
(host, shared) => {
  const { pair } = shared.part("streams/transform");
  const { enumerate, tag } = shared.part("streams/common");

  class TextEncoderStream {
    #pair;
    #high = "";
    constructor() {
      const encode = (text) => host.utf8Encode(text.toWellFormed());
      this.#pair = pair(
        (chunk, enqueue) => {
          let text = this.#high + String(chunk);
          this.#high = "";
          // The first half of a surrogate pair waits for the second.
          if (text !== "" && (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800) {
            this.#high = text.slice(-1);
            text = text.slice(0, -1);
          }
          if (text !== "") enqueue(encode(text));
        },
        (enqueue) => {
          if (this.#high !== "") enqueue(encode("\ufffd"));
        },
      );
    }
    get encoding() {
      return "utf-8";
    }
    get readable() {
      return this.#pair.readable;
    }
    get writable() {
      return this.#pair.writable;
    }
  }

  class TextDecoderStream {
    #pair;
    #decoder;
    constructor(label = "utf-8", options = {}) {
      const decoder = new TextDecoder(label, options);
      this.#decoder = decoder;
      this.#pair = pair(
        (chunk, enqueue) => {
          const text = decoder.decode(shared.bytesOf(chunk), { stream: true });
          if (text !== "") enqueue(text);
        },
        (enqueue) => {
          const text = decoder.decode();
          if (text !== "") enqueue(text);
        },
      );
    }
    get encoding() {
      return this.#decoder.encoding;
    }
    get fatal() {
      return this.#decoder.fatal;
    }
    get ignoreBOM() {
      return this.#decoder.ignoreBOM;
    }
    get readable() {
      return this.#pair.readable;
    }
    get writable() {
      return this.#pair.writable;
    }
  }
  enumerate(TextEncoderStream.prototype, ["encoding", "readable", "writable"]);
  enumerate(TextDecoderStream.prototype, ["encoding", "fatal", "ignoreBOM", "readable", "writable"]);
  for (const item of [TextEncoderStream, TextDecoderStream]) tag(item);
  return { TextEncoderStream, TextDecoderStream };
};
