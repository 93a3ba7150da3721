// Starts the shipped binary in a directory of its own, and ends it again.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.mjs";

const repository = resolve(fileURLToPath(import.meta.url), "../../../..");
const READY_MS_MAX = 30_000;
const STDOUT_LENGTH_MAX = 1_000_000;

/** The binary under test: CONCAVE_BIN, or what `cargo build` left in the target directory. */
export function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? join(repository, "target");
  const path = process.env.CONCAVE_BIN ?? join(target, "debug", "concave");
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`cargo build -p cli\`, or set CONCAVE_BIN`);
  return path;
}

export class Server {
  #child = null;
  /** The newest of what the server wrote, to either stream. */
  output = "";
  /** The newest of what it wrote to standard output, from the start of a line. */
  stdout = "";

  constructor(directory, port, sitePort, { options = [], environment = {} } = {}) {
    this.directory = directory;
    this.#variables = environment;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.siteUrl = `http://127.0.0.1:${sitePort}`;
    this.#arguments = ["serve", "--data-dir", join(directory, "data"), "--port", `${port}`, "--site-port", `${sitePort}`, ...options];
  }
  #arguments;
  #variables;

  /** A fresh server with an empty store, ready to answer. `options` are more flags. */
  static async start(...options) {
    return await Server.startWith({ options });
  }

  /** Like `start`, with more environment variables. */
  static async startWith(settings) {
    const directory = mkdtempSync(join(tmpdir(), "concave-test-"));
    const [port, sitePort] = await freePorts(2);
    const server = new Server(directory, port, sitePort, settings);
    await server.start();
    server.adminKey = server.key();
    return server;
  }

  get webSocketUrl() {
    return this.url.replace("http", "ws");
  }

  get pid() {
    return this.#child.pid;
  }

  /** What the official CLI reads to find this server. */
  get environment() {
    return { CONVEX_SELF_HOSTED_URL: this.url, CONVEX_SELF_HOSTED_ADMIN_KEY: this.adminKey };
  }

  async start() {
    const env = { ...process.env, ...this.#variables };
    const child = spawn(binary(), this.#arguments, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    const keep = (chunk) => {
      this.output = (this.output + chunk).slice(-20_000);
    };
    child.stdout.on("data", keep);
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      this.stdout += chunk;
      const extra = this.stdout.length - STDOUT_LENGTH_MAX;
      if (extra > 0) this.stdout = this.stdout.slice(this.stdout.indexOf("\n", extra) + 1);
    });
    child.stderr.on("data", keep);
    this.exited = new Promise((done) => child.once("exit", (code, signal) => done({ code, signal })));
    await until(() => this.#answers(), "the server answers", READY_MS_MAX);
  }

  async #answers() {
    if (this.#child.exitCode !== null) throw new Error(`the server ended:\n${this.output}`);
    try {
      return (await fetch(`${this.url}/version`)).ok;
    } catch {
      return false;
    }
  }

  key() {
    const run = spawnSync(binary(), ["key", "--data-dir", join(this.directory, "data")], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(`concave key failed:\n${run.stdout}${run.stderr}`);
    return run.stdout.trim();
  }

  /** Ends the process the hard way, as a power cut would. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  async stop() {
    this.#child.kill("SIGTERM");
    return await this.exited;
  }

  async restart() {
    await this.kill();
    await this.start();
  }

  async remove() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count) {
  const listeners = [];
  for (let i = 0; i < count; i++) {
    const listener = createServer();
    await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
    listeners.push(listener);
  }
  const ports = listeners.map((listener) => listener.address().port);
  await Promise.all(listeners.map((listener) => new Promise((closed) => listener.close(closed))));
  return ports;
}
