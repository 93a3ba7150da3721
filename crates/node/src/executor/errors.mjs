// What is told about a thrown value.

const CONVEX_ERROR = Symbol.for("ConvexError");

/** `{name, message, data?, frames}`; frames are V8's lines, still in terms of files. */
export function describe(error) {
  try {
    return describeUnguarded(error);
  } catch {
    return { name: "", message: "The thrown value could not be read", frames: [] };
  }
}

function describeUnguarded(error) {
  if (error === null || typeof error !== "object" || typeof error.message !== "string") {
    return { name: "", message: String(error), frames: [] };
  }
  const name = String(error.name ?? "");
  const { message } = error;
  return { name, message, data: dataOf(error), frames: framesOf(error, name, message) };
}

function dataOf(error) {
  if (!(CONVEX_ERROR in error)) return undefined;
  return typeof error.data === "string" ? error.data : JSON.stringify(error.data ?? null);
}

function framesOf(error, name, message) {
  if (typeof error.stack !== "string") return [];
  const heading = message === "" ? name : `${name}: ${message}`;
  const stack = error.stack.startsWith(heading) ? error.stack.slice(heading.length) : error.stack;
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}
