// The example chat in a real browser: two people, one channel, and a server that goes away for a moment.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ConvexHttpClient } from "convex/browser";
import { chromium } from "playwright-core";
import { Project } from "../js/support/project.mjs";
import { Server, freePorts } from "../js/support/server.mjs";
import { until } from "../js/support/until.mjs";

const repository = resolve(fileURLToPath(import.meta.url), "../../..");
const example = join(repository, "examples/chat");
const shots = join(process.env.CARGO_TARGET_DIR ?? join(repository, "target"), "browser");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

let server, project, site, siteUrl, browser, profile;
const pages = [];

before(async () => {
  server = await Server.start();
  project = chatProject();
  await project.push(server);
  siteUrl = await serveSite(project);
  profile = mkdtempSync(join(tmpdir(), "concave-browser-"));
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: flags,
    viewport: { width: 1200, height: 760 },
  });
});

after(async () => {
  await browser?.close();
  site?.kill();
  await server?.remove();
  project?.remove();
  if (profile) rmSync(profile, { recursive: true, force: true });
});

/** A copy of the example with its own packages, so that nothing is written into the repository. */
function chatProject() {
  const copy = new Project();
  copy.directory = mkdtempSync(join(tmpdir(), "concave-chat-"));
  cpSync(example, copy.directory, { recursive: true, filter: (path) => !/node_modules|dist|\.env\.local/.test(path.slice(example.length)) });
  symlinkSync(join(example, "node_modules"), join(copy.directory, "node_modules"));
  return copy;
}

/** Builds the page against the server and serves the result. */
async function serveSite(copy) {
  const vite = join(copy.directory, "node_modules/vite/bin/vite.js");
  const env = { ...process.env, VITE_CONVEX_URL: server.url };
  const run = (...words) => spawn(process.execPath, [vite, ...words], { cwd: copy.directory, env, stdio: ["ignore", "pipe", "inherit"] });
  const build = run("build");
  build.stdout.resume();
  const code = await new Promise((done) => build.once("close", done));
  assert.equal(code, 0, "vite build");
  const [port] = await freePorts(1);
  site = run("preview", "--host", "127.0.0.1", "--port", `${port}`, "--strictPort");
  site.stdout.resume();
  const url = `http://127.0.0.1:${port}`;
  await until(() => fetch(url).then((answer) => answer.ok, () => false), "the page is served");
  return url;
}

/** A page that wrote its own name, and complains in the test if anything goes wrong in it. */
async function openAs(name) {
  const page = await browser.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(`${error}`));
  await page.goto(siteUrl);
  await page.getByTestId("author").fill(name);
  pages.push(page);
  return page;
}

async function openChannel(page, name) {
  await page.getByTestId("new-channel").fill(name);
  await page.getByTestId("create-channel").click();
  await page.getByTestId("channel-title").filter({ hasText: name }).waitFor();
}

async function say(page, text) {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
}

const sees = (page, text) => page.getByTestId("body").filter({ hasText: text }).waitFor({ timeout: 30_000 });

/** Runs a test and keeps a picture of every page when it fails. */
function withPictures(name, body) {
  test(name, async () => {
    pages.length = 0;
    try {
      await body();
      for (const page of pages) assert.deepEqual(page.problems, []);
    } catch (error) {
      mkdirSync(shots, { recursive: true });
      for (const [i, page] of pages.entries()) {
        await page.screenshot({ path: join(shots, `${name.replace(/\W+/g, "-")}-${i}.png`) }).catch(() => {});
      }
      error.message += `\npictures of the pages are in ${shots}`;
      throw error;
    } finally {
      await Promise.all(pages.map((page) => page.close()));
    }
  });
}

withPictures("a fresh deployment invites to make a channel", async () => {
  const page = await openAs("Ann");
  await page.getByTestId("no-channels").waitFor();
  await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
});

withPictures("two pages see each other's messages", async () => {
  const [ann, bob] = [await openAs("Ann"), await openAs("Bob")];
  await openChannel(ann, "general");
  await bob.getByTestId("channel").filter({ hasText: "general" }).click();
  await bob.getByTestId("no-messages").waitFor();
  await ann.getByTestId("author").fill("Ann");
  await say(ann, "hello Bob");
  await sees(ann, "hello Bob");
  await sees(bob, "hello Bob");
  await bob.getByTestId("author").fill("Bob");
  await say(bob, "hello Ann");
  await sees(ann, "hello Ann");
  assert.equal(await ann.getByTestId("message").count(), 2);
});

withPictures("a server restart in the middle costs nothing", async () => {
  const [ann, bob] = [await openAs("Ann"), await openAs("Bob")];
  await openChannel(ann, "steady");
  await bob.getByTestId("channel").filter({ hasText: "steady" }).click();
  await say(ann, "before the restart");
  await sees(bob, "before the restart");

  await server.kill();
  await ann.locator('[data-testid="connection"][data-state="reconnecting"]').waitFor();
  await say(ann, "written while away");
  await sees(ann, "written while away");
  await server.start();

  await sees(bob, "written while away");
  await say(bob, "after the restart");
  await sees(ann, "after the restart");
  assert.equal(await ann.getByTestId("message").count(), 3);
});

withPictures("older messages are loaded on demand, each once", async () => {
  const http = new ConvexHttpClient(server.url, { logger: false });
  const channel = await http.mutation("channels:create", { name: "history" });
  for (let i = 1; i <= 60; i++) await http.mutation("messages:send", { channel, author: "Log", body: `line ${i}.` });
  const ann = await openAs("Ann");
  await ann.getByTestId("channel").filter({ hasText: "history" }).click();
  await sees(ann, "line 60.");
  assert.equal(await ann.getByTestId("message").count(), 25);
  while (await ann.getByTestId("load-older").count()) {
    const before = await ann.getByTestId("message").count();
    await ann.getByTestId("load-older").click();
    await until(async () => (await ann.getByTestId("message").count()) > before, "more messages");
    await until(async () => !(await ann.getByText("Loading older messages…").count()), "the page is loaded");
  }
  const texts = await ann.getByTestId("body").allTextContents();
  assert.deepEqual(texts, Array.from({ length: 60 }, (_, i) => `line ${i + 1}.`));
});
