// console: every line travels to the server as it is written, under the call that wrote it.
import { inspect } from "node:util";
import { likelyCall } from "./calls.mjs";

const LINES_MAX = 256;
const CHARACTERS_MAX = 1_000_000;
const LINE_BYTES_MAX = 32_768;
const FORMAT = { depth: 5, maxStringLength: 32_768 };
const now = Date.now;
const elapsed = performance.now.bind(performance);

/** Writes one line of already formatted messages. */
export function emit(call, level, messages) {
  if (call === undefined || call.finished || call.lines >= LINES_MAX) return;
  const cut = truncate(messages);
  call.lines += 1;
  call.characters += cut.messages.reduce((sum, message) => sum + message.length, 0);
  if (call.lines === LINES_MAX) {
    return overflow(call, `Log overflow (maximum ${LINES_MAX}). Remaining log lines omitted.`);
  }
  if (call.characters > CHARACTERS_MAX) {
    return overflow(call, "Log overflow (maximum 1M characters). Remaining log lines omitted.");
  }
  call.send({ type: "log", level, ...cut, timestamp: now() });
}

function overflow(call, text) {
  call.lines = LINES_MAX;
  call.send({ type: "log", level: "ERROR", messages: [text], isTruncated: false, timestamp: now() });
}

/** Cuts a line, separators included, at a character boundary. */
function truncate(messages) {
  const size = messages.reduce((sum, message) => sum + Buffer.byteLength(message) + 1, -1);
  if (size <= LINE_BYTES_MAX) return { messages, isTruncated: false };
  const kept = [];
  let left = LINE_BYTES_MAX;
  for (const message of messages) {
    const bytes = Buffer.from(message);
    if (bytes.length <= left) {
      kept.push(message);
      left -= bytes.length + 1;
      if (left <= 0) break;
      continue;
    }
    let end = left;
    while (end > 0 && (bytes[end] & 0xc0) === 0x80) end -= 1;
    kept.push(bytes.toString("utf8", 0, end));
    break;
  }
  return { messages: kept, isTruncated: true };
}

const format = (value) => {
  try {
    return inspect(value, FORMAT);
  } catch {
    return "[value that cannot be shown]";
  }
};

const line =
  (level) =>
  (...values) =>
    emit(likelyCall(), level, values.map(format));

function timer(label, use) {
  const call = likelyCall();
  if (call === undefined) return;
  const name = label === undefined ? "default" : String(label);
  const start = call.timers.get(name);
  if (start === undefined) return emit(call, "WARN", [`Timer '${name}' does not exist`]);
  use(call, name, `${name}: ${Math.round(elapsed() - start)}ms`);
}

const timers = {
  time(label) {
    const call = likelyCall();
    if (call === undefined) return;
    const name = label === undefined ? "default" : String(label);
    if (call.timers.has(name)) return emit(call, "WARN", [`Timer '${name}' already exists`]);
    call.timers.set(name, elapsed());
  },
  timeLog(label, ...values) {
    timer(label, (call, _name, text) => emit(call, "INFO", [text, ...values.map(format)]));
  },
  timeEnd(label) {
    timer(label, (call, name, text) => {
      call.timers.delete(name);
      emit(call, "INFO", [text]);
    });
  },
};

/** Replaces the methods that would write to the standard streams. */
export function install() {
  const log = line("LOG");
  const nothing = () => {};
  Object.assign(console, timers, {
    debug: line("DEBUG"),
    log,
    info: line("INFO"),
    warn: line("WARN"),
    error: line("ERROR"),
    trace(...values) {
      const { stack } = new Error();
      const frames = stack.split("\n").slice(2).join("\n");
      emit(likelyCall(), "LOG", [...values.map(format), frames]);
    },
    assert(condition, ...values) {
      if (!condition) console.error("Assertion failed", ...values);
    },
    dir: (value) => log(value),
    dirxml: log,
    table: (value) => log(value),
    group: log,
    groupCollapsed: log,
    groupEnd: nothing,
  });
}
