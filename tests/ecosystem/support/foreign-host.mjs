// A host of the internet that lives on this machine: programs that are told to use a proxy find it behind that.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";

/** Answers `https://<name>/…` with `handle(request, response)`, for a server started with `environment`. */
export class ForeignHost {
  #directory = mkdtempSync(join(tmpdir(), "concave-host-"));
  #sockets = new Set();

  static async start(name, handle) {
    const host = new ForeignHost();
    const extensions = [
      { name: "basicConstraints", cA: false },
      { name: "subjectAltName", altNames: [{ type: 2, value: name }] },
    ];
    const options = { algorithm: "sha256", keySize: 2048, extensions };
    const { private: key, cert } = await generate([{ name: "commonName", value: name }], options);
    const secure = createSecureServer({ key, cert }, handle);
    const proxy = createServer();
    // The tunnel that a client asks for ends here instead of on the other side of the internet.
    proxy.on("connect", (request, socket) => {
      host.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      if (request.url !== `${name}:443`) return socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      secure.emit("connection", socket);
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    host.#proxy = proxy;
    const trusted = join(host.#directory, "trusted.pem");
    writeFileSync(trusted, cert);
    host.environment = { HTTPS_PROXY: `http://127.0.0.1:${proxy.address().port}`, SSL_CERT_FILE: trusted };
    return host;
  }
  #proxy;

  stop() {
    this.#sockets.forEach((socket) => socket.destroy());
    this.#proxy.close();
    rmSync(this.#directory, { recursive: true });
  }
}

/** The body of a request as JSON. */
export async function jsonBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
