// Identity providers that are found over the network: a small one runs beside the server.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { api, deployedApp } from "./support/app.mjs";

/** A provider of its own: discovery document, keys, and a count of what was fetched. */
class Provider {
  keys = new Map();
  fetched = [];

  static async start() {
    const provider = new Provider();
    provider.server = createServer((request, response) => provider.#answer(request, response));
    await new Promise((listening) => provider.server.listen(0, "127.0.0.1", listening));
    provider.issuer = `http://127.0.0.1:${provider.server.address().port}`;
    provider.addKey("first");
    provider.addKey("second", "ed25519");
    return provider;
  }

  addKey(kid, kind = "rsa") {
    const made = kind === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519");
    this.keys.set(kid, { ...made, alg: kind === "rsa" ? "RS256" : "EdDSA" });
  }

  token(kid, claims = {}) {
    const { privateKey, alg } = this.keys.get(kid);
    const now = Math.floor(Date.now() / 1000);
    const part = (object) => Buffer.from(JSON.stringify(object)).toString("base64url");
    const payload = { iss: this.issuer, sub: "ann", aud: "chat", iat: now, exp: now + 3600, name: "Ann", ...claims };
    const signed = `${part({ alg, kid, typ: "JWT" })}.${part(payload)}`;
    return `${signed}.${sign(alg === "RS256" ? "sha256" : null, Buffer.from(signed), privateKey).toString("base64url")}`;
  }

  #answer(request, response) {
    this.fetched.push(request.url);
    const published = [...this.keys].map(([kid, { publicKey, alg }]) => ({ ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" }));
    const pages = {
      "/.well-known/openid-configuration": { issuer: this.issuer, jwks_uri: `${this.issuer}/keys` },
      "/keys": { keys: published },
    };
    const page = pages[request.url];
    response.writeHead(page ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(page ?? {}));
  }
}

const provider = await Provider.start();
const down = "http://127.0.0.1:9";
after(() => provider.server.close());

const app = deployedApp({
  prepare: ({ project }) => {
    const providers = [{ domain: provider.issuer, applicationID: "chat" }, { domain: down, applicationID: "chat" }];
    project.write("convex/auth.config.ts", `export default ${JSON.stringify({ providers })};\n`);
  },
});

const asking = (jwt) => {
  const client = new ConvexHttpClient(app.server.url, { logger: false });
  client.setAuth(jwt);
  return client.query(api.platform.whoami, {});
};

// "OIDC RS256 and EdDSA": the keys come from the document that the discovery document names.
test("keys are discovered, and fetched once for many calls", async () => {
  const identity = await asking(provider.token("first"));
  assert.equal(identity.tokenIdentifier, `${provider.issuer}|ann`);
  assert.equal(identity.name, "Ann");
  for (const kid of ["first", "second", "first", "second"]) await asking(provider.token(kid));
  assert.deepEqual(provider.fetched, ["/.well-known/openid-configuration", "/keys"]);
});

test("tokens that the published keys did not sign are refused", async () => {
  const other = await Provider.start();
  try {
    const forged = other.token("first", { iss: provider.issuer });
    await assert.rejects(asking(forged), /Unauthenticated|Could not/);
    await assert.rejects(asking(provider.token("first", { aud: "someone else" })), /NoAuthProvider|No auth provider/);
  } finally {
    other.server.close();
  }
});

test("a provider that cannot be reached is trouble, not a refusal", async () => {
  const response = await fetch(`${app.server.url}/api/query`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${provider.token("first", { iss: down })}` },
    body: JSON.stringify({ path: "platform:whoami", args: {} }),
  });
  const body = await response.json();
  assert.equal(body.code, "AuthProviderDiscoveryFailed");
  assert.equal(response.ok, false);
});
