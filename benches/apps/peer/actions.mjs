// The peer of the `actions` benchmark: Node's own HTTP server, which does the work of an action by itself.
//
// It speaks the shape of `POST /api/action`. Its documents are in its memory, so that looking one up costs it next
// to nothing. Arguments: the module with the work, and how many documents. Prints `listening <port>` once it serves.
import { createServer } from "node:http";

const [work, count] = process.argv.slice(2);
const { digest, payload, wait } = await import(work);
const documents = new Map(Array.from({ length: Number(count) }, (_, n) => [String(n), payload(n)]));

const functions = {
  look: async ({ id }) => digest(documents.get(id)),
  pause: async ({ ms }) => await wait(ms),
};

async function answer(text) {
  try {
    const { path, args } = JSON.parse(text);
    return { status: "success", value: await functions[path.slice(path.indexOf(":") + 1)](args) };
  } catch (error) {
    return { status: "error", errorMessage: String(error) };
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const body = JSON.stringify(await answer(Buffer.concat(chunks).toString()));
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
    response.end(body);
  });
});

server.listen({ port: 0, host: "127.0.0.1", backlog: 2048 }, () => console.log(`listening ${server.address().port}`));
