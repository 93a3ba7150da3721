// @convex-dev/auth: the server is its own identity provider; users sign up, come back, refresh their tokens and leave.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { api, freshName } from "../../js/support/app.mjs";
import { Inbox, until } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

/** The variables that the package's own setup writes. */
function keys() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    JWT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).trimEnd().replaceAll("\n", " "),
    JWKS: JSON.stringify({ keys: [{ use: "sig", ...publicKey.export({ format: "jwk" }) }] }),
    SITE_URL: "http://localhost:5173",
  };
}

const app = deployedPackage(import.meta.url, { variables: keys });
const PASSWORD = "correct horse battery";

/** Keeps tokens and refreshes them, as the package's React provider does. */
class Visitor {
  refreshes = 0;

  constructor() {
    this.http = new ConvexHttpClient(app.server.url, { logger: false });
    this.seen = new Inbox();
  }

  async signIn(provider, params = {}) {
    const { tokens } = await this.http.action(api.auth.signIn, { provider, params });
    this.#keep(tokens);
    return this;
  }

  #keep(tokens) {
    this.tokens = tokens;
    if (tokens) this.http.setAuth(tokens.token);
    else this.http.clearAuth();
  }

  async refresh(refreshToken = this.tokens.refreshToken) {
    const anonymous = new ConvexHttpClient(app.server.url, { logger: false });
    return (await anonymous.action(api.auth.signIn, { refreshToken })).tokens;
  }

  /** A socket that asks this visitor for tokens, and watches who it is. */
  connect() {
    const client = app.connect();
    client.setAuth(async ({ forceRefreshToken }) => {
      if (forceRefreshToken) {
        this.refreshes += 1;
        this.#keep(await this.refresh());
      }
      return this.tokens?.token ?? null;
    });
    client.onUpdate(api.notes.me, {}, this.seen.push);
    return client;
  }

  async signOut() {
    await this.http.action(api.auth.signOut, {});
  }
}

const visitor = () => new Visitor();
const anonymous = () => visitor().signIn("anonymous");

test("the server publishes who it is and its keys", async () => {
  const discovery = await (await fetch(`${app.server.siteUrl}/.well-known/openid-configuration`)).json();
  assert.equal(discovery.issuer, app.server.siteUrl);
  const { keys } = await (await fetch(discovery.jwks_uri)).json();
  assert.equal(keys[0].kty, "RSA");
});

test("a user signs up with a password, is refused with a wrong one, and comes back with the right one", async () => {
  const email = `${freshName("ada")}@example.com`;
  const account = { email, name: "Ada", password: PASSWORD };
  const short = visitor().signIn("password", { ...account, flow: "signUp", password: "short" });
  await assert.rejects(short, (error) => error.data === "too short");
  const ada = await visitor().signIn("password", { ...account, flow: "signUp" });
  const me = { name: "Ada", email, role: "reader", session: true };
  assert.deepEqual(await ada.http.query(api.notes.me, {}), me);
  await ada.http.mutation(api.notes.add, { text: "mine" });
  await assert.rejects(visitor().signIn("password", { ...account, flow: "signIn", password: "wrong horse battery" }), /InvalidSecret/);
  await assert.rejects(visitor().signIn("password", { flow: "signIn", email: "nobody@example.com", password: PASSWORD }), /InvalidAccountId/);
  const again = await visitor().signIn("password", { email, flow: "signIn", password: PASSWORD });
  assert.deepEqual(await again.http.query(api.notes.list, {}), ["mine"]);
});

test("a socket refreshes its token by itself and stays who it is", async () => {
  const user = await anonymous();
  const first = user.tokens;
  const client = user.connect();
  await user.seen.next((me) => me?.session === true);
  await client.mutation(api.notes.add, { text: "over the socket" });
  await until(() => user.refreshes > 0 && user.tokens.refreshToken !== first.refreshToken, "the token was refreshed");
  assert.deepEqual(await client.query(api.notes.list, {}), ["over the socket"]);
});

test("after signing out the session is gone, also for tokens that are still valid", async () => {
  const [user, other] = [await anonymous(), await anonymous()];
  user.connect();
  await user.seen.next((me) => me?.session === true);
  const { refreshToken } = user.tokens;
  await user.signOut();
  await user.seen.next((me) => me?.session === false);
  assert.equal(await user.refresh(refreshToken), null);
  assert.equal((await other.http.query(api.notes.me, {})).session, true, "others stay");
});

test("nobody is signed in without a token, and forged tokens are refused", async () => {
  const nobody = visitor();
  assert.equal(await nobody.http.query(api.notes.me, {}), null);
  assert.equal(await nobody.http.query(api.auth.isAuthenticated, {}), false);
  await assert.rejects(nobody.http.mutation(api.notes.add, { text: "x" }), /nobody is signed in/);
  const [header, , signature] = (await anonymous()).tokens.token.split(".");
  const claims = { iss: app.server.siteUrl, aud: "convex", sub: "someone|else", iat: 1, exp: 9_999_999_999 };
  nobody.http.setAuth([header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join("."));
  await assert.rejects(nobody.http.query(api.notes.me, {}));
});
