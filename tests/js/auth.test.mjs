// Who is asking: user tokens, admin keys, and acting as a user.
import assert from "node:assert/strict";
import { createSign, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { api, deployedApp } from "./support/app.mjs";
import { RawSocket } from "./support/socket.mjs";
import { Inbox, until, within } from "./support/until.mjs";

const issuer = "https://id.example.com";
const keys = { ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }), RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }) };
const audiences = { ES256: "chat-es", RS256: "chat-rs" };

function jwks(algorithm) {
  const key = { ...keys[algorithm].publicKey.export({ format: "jwk" }), kid: algorithm, alg: algorithm, use: "sig" };
  return `data:text/plain;charset=utf-8;base64,${Buffer.from(JSON.stringify({ keys: [key] })).toString("base64")}`;
}

function provider(algorithm) {
  return { type: "customJwt", issuer, algorithm, applicationID: audiences[algorithm], jwks: jwks(algorithm) };
}

function token(claims = {}, { algorithm = "ES256", header = {}, signer = algorithm } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: issuer, sub: "ann", aud: audiences[algorithm], iat: now, exp: now + 3600, ...claims };
  const part = (object) => Buffer.from(JSON.stringify(object)).toString("base64url");
  const signed = `${part({ alg: algorithm, kid: algorithm, typ: "JWT", ...header })}.${part(payload)}`;
  const signature = createSign("sha256").update(signed).sign({ key: keys[signer].privateKey, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

const app = deployedApp({
  prepare: ({ project }) =>
    project.write("convex/auth.config.ts", `export default ${JSON.stringify({ providers: [provider("ES256"), provider("RS256")] })};\n`),
});

const asking = (jwt) => {
  const client = new ConvexHttpClient(app.server.url, { logger: false });
  client.setAuth(jwt);
  return client.query(api.platform.whoami, {});
};

// "OIDC RS256 and EdDSA; customJwt RS256 and ES256; `alg` substitution is refused." and "`data:` JWKS works offline."
test("tokens of both algorithms are accepted", async () => {
  for (const algorithm of ["ES256", "RS256"]) {
    const identity = await asking(token({}, { algorithm }));
    assert.equal(identity.tokenIdentifier, `${issuer}|ann`);
    assert.equal(identity.subject, "ann");
    assert.equal(identity.issuer, issuer);
  }
});

// "Claim mapping of 5.4 for both provider kinds, including dotted keys and dropped claims."
test("claims keep their own names, nested ones with dots", async () => {
  const identity = await asking(token({ email: "ann@example.com", roles: ["a", "b"], properties: { id: "p1", more: { level: 2 } } }));
  assert.equal(identity.email, "ann@example.com");
  assert.deepEqual(identity.roles, ["a", "b"]);
  assert.equal(identity["properties.id"], "p1");
  assert.equal(identity["properties.more.level"], 2);
  for (const registered of ["exp", "iat", "aud", "sub"]) assert.equal(registered in identity, false);
});

// "Bearer … authenticate; bad tokens are refused, not ignored."
test("bad tokens are refused, not ignored", async () => {
  const good = token();
  const [head, payload, signature] = good.split(".");
  const forged = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, "base64url")), sub: "eve" })).toString("base64url");
  const past = Math.floor(Date.now() / 1000) - 3600;
  const bad = {
    "another payload under the signature": `${head}.${forged}.${signature}`,
    "expired": token({ exp: past }),
    "an unknown issuer": token({ iss: "https://elsewhere.example.com" }),
    "another audience": token({ aud: "other-app" }),
    "the other key": token({}, { algorithm: "ES256", header: { alg: "RS256", kid: "RS256" } }),
    "no algorithm": `${Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url")}.${payload}.`,
    "garbage": "garbage",
  };
  for (const [what, jwt] of Object.entries(bad)) {
    const response = await fetch(`${app.server.url}/api/query`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${jwt}` },
      body: JSON.stringify({ path: "platform:whoami", args: {}, format: "json" }),
    });
    assert.equal(response.status, 401, what);
    assert.equal(typeof (await response.json()).code, "string", what);
  }
});

// "Accepted Authenticate yields end identity > start identity, and all queries re-run."
// "`tokenType:"None"` bumps the identity and re-runs queries anonymously."
test("logging in and out on a socket runs the queries again", async () => {
  const socket = await RawSocket.connected(app.server);
  socket.add(0, "platform:whoami");
  assert.equal((await socket.update(0)).value, null);
  socket.authenticate({ tokenType: "User", value: token({ sub: "bob" }) });
  assert.equal((await socket.update(0, (change) => change.value !== null)).value.subject, "bob");
  const accepted = socket.transitions.find((t) => t.endVersion.identity === 1);
  assert.equal(accepted.startVersion.identity, 0);
  socket.authenticate({ tokenType: "None" });
  await socket.next((m) => m.type === "Transition" && m.endVersion.identity === 2);
  const last = socket.transitions.flatMap((t) => t.modifications).filter((change) => change.queryId === 0).at(-1);
  assert.equal(last.value, null);
  await socket.close();
});

// "Rejected token → AuthError (`authUpdateAttempted` true, previous version) and the server closes."
test("a rejected token is answered and the socket closed", async () => {
  for (const fields of [{ tokenType: "User", value: "garbage" }, { tokenType: "Admin", value: "nobody|00" }]) {
    const socket = await RawSocket.connected(app.server);
    socket.authenticate(fields);
    const error = await socket.nextOfType("AuthError");
    assert.deepEqual([error.authUpdateAttempted, error.baseVersion, typeof error.error], [true, 0, "string"]);
    await within(socket.closed, "the socket to close");
  }
});

// "Expired token on next activity → AuthError (`authUpdateAttempted` false) and close."
test("a token that runs out ends the socket at the next activity", async () => {
  const socket = await RawSocket.connected(app.server);
  const exp = Math.floor(Date.now() / 1000) + 4;
  socket.authenticate({ tokenType: "User", value: token({ exp }) });
  await socket.next((m) => m.type === "Transition" && m.endVersion.identity === 1);
  const ended = new Promise((done) => socket.closed.then(() => done(true)));
  let id = 0;
  const asks = setInterval(() => socket.ws.readyState === 1 && socket.mutation(id++, "platform:whoamiMutation"), 250);
  try {
    const error = await socket.nextOfType("AuthError");
    assert.equal(error.authUpdateAttempted, false);
    assert.equal(await ended, true);
  } finally {
    clearInterval(asks);
  }
});

// "Admin with `impersonating` and with `acting_as` both act as the user."
test("an admin acts as a user under either name of the field", async () => {
  for (const field of ["impersonating", "acting_as"]) {
    const socket = await RawSocket.connected(app.server);
    socket.authenticate({ tokenType: "Admin", value: app.server.adminKey, [field]: { issuer, subject: "carol", nickname: "C" } });
    socket.add(0, "platform:whoami");
    const { value } = await socket.update(0);
    assert.deepEqual([value.tokenIdentifier, value.nickname], [`${issuer}|carol`, "C"]);
    await socket.close();
  }
});

test("an admin reaches internal functions on a socket, others do not", async () => {
  const [admin, anybody] = [await RawSocket.connected(app.server), await RawSocket.connected(app.server)];
  admin.authenticate({ tokenType: "Admin", value: app.server.adminKey });
  admin.add(0, "nested:secret");
  assert.equal((await admin.update(0)).value, "kept inside");
  anybody.add(0, "nested:secret");
  assert.match((await anybody.update(0)).errorMessage, /Could not find public function/);
  await Promise.all([admin.close(), anybody.close()]);
});

test("the published client logs in, refreshes and logs out", async () => {
  const [client, seen, states] = [app.connect(), new Inbox(), new Inbox()];
  client.onUpdate(api.platform.whoami, {}, (identity) => seen.push({ subject: identity?.subject ?? null }));
  await seen.next(({ subject }) => subject === null);
  client.setAuth(async () => token({ sub: "dora" }), (authenticated) => states.push({ authenticated }));
  await states.next(({ authenticated }) => authenticated);
  await seen.next(({ subject }) => subject === "dora");
  client.client.clearAuth();
  await until(() => seen.all.at(-1).subject === null, "the page is anonymous again");
});

test("the published client gives up on a token nobody accepts, and goes on without", async () => {
  const [client, states] = [app.connect(), new Inbox()];
  client.setAuth(async () => token({ iss: "https://elsewhere.example.com" }), (authenticated) => states.push({ authenticated }));
  await states.next(({ authenticated }) => authenticated === false, "the refusal", 60_000);
  assert.equal(await client.query(api.platform.whoami, {}), null);
});
