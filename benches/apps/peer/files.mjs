// The peer of the `files` benchmark: Node's own HTTP server that streams bodies to disk and back.
//
// An upload is hashed on its way, synced and renamed into place before it is answered, as a stored file is.
// Environment: FOLDER, where files go. Prints `listening <port>` once it serves.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

const folder = process.env.FOLDER;

async function store(request) {
  const id = randomUUID();
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const part = join(folder, `${id}.part`);
  await pipeline(request, hashing, createWriteStream(part));
  const file = await open(part);
  await file.sync();
  await file.close();
  await rename(part, join(folder, id));
  return { storageId: id, sha256: hash.digest("base64") };
}

const server = createServer(async (request, response) => {
  if (request.method === "POST") {
    const body = JSON.stringify(await store(request));
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  const path = join(folder, request.url.slice(1));
  response.writeHead(200, { "Content-Length": (await stat(path)).size });
  await pipeline(createReadStream(path), response);
});

server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
