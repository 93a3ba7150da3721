// Frames over one duplex socket: header length and body length (u32, big endian), a JSON header, raw body bytes.
import { Socket } from "node:net";

const LENGTHS = 8;
const EMPTY = Buffer.alloc(0);

export class Channel {
  #socket;
  #parts = [];
  #size = 0;
  #wanted = LENGTHS;
  #onFrame;

  constructor(fd, onFrame) {
    this.#onFrame = onFrame;
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.on("data", (part) => this.#receive(part));
    // The server is gone, so nobody waits for what runs here.
    this.#socket.on("close", () => process.reallyExit(0));
    this.#socket.on("error", () => process.reallyExit(0));
  }

  /** Sends a frame; the promise resolves once the operating system has it. */
  send(header, body = EMPTY) {
    const text = Buffer.from(JSON.stringify(header));
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const lengths = Buffer.allocUnsafe(LENGTHS);
    lengths.writeUInt32BE(text.length, 0);
    lengths.writeUInt32BE(bytes.length, 4);
    return new Promise((sent) => {
      this.#socket.write(Buffer.concat([lengths, text, bytes]), sent);
    });
  }

  #receive(part) {
    this.#parts.push(part);
    this.#size += part.length;
    while (this.#size >= this.#wanted) {
      const all = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
      const header = all.readUInt32BE(0);
      this.#wanted = LENGTHS + header + all.readUInt32BE(4);
      if (all.length < this.#wanted) {
        this.#parts = [all];
        return;
      }
      const rest = all.subarray(this.#wanted);
      this.#parts = rest.length > 0 ? [rest] : [];
      this.#size = rest.length;
      const body = all.subarray(LENGTHS + header, this.#wanted);
      this.#wanted = LENGTHS;
      this.#onFrame(JSON.parse(all.toString("utf8", LENGTHS, LENGTHS + header)), body);
    }
  }
}
