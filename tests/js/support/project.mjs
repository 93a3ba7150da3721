// A scratch copy of a Convex project, driven with the official CLI.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const tests = resolve(fileURLToPath(import.meta.url), "../../..");
const RUN_MS_MAX = 120_000;

export class Project {
  /** The folder whose npm packages run the CLI. */
  packages = tests;

  /** A copy of `tests/app`, with the packages of `tests/`. */
  static testApp() {
    return Project.copyOf(join(tests, "app"));
  }

  /** A copy of the app in `directory`, with the npm packages that are installed in the folder `packages`. */
  static copyOf(directory, packages = tests) {
    const project = Project.empty(packages);
    cpSync(directory, project.directory, { recursive: true });
    return project;
  }

  /** A project whose `convex/` holds only the given files. */
  static of(files) {
    const project = Project.empty();
    for (const [path, text] of Object.entries(files)) project.write(`convex/${path}`, text);
    return project;
  }

  static empty(packages = tests) {
    const project = new Project();
    project.packages = packages;
    project.directory = mkdtempSync(join(tmpdir(), "concave-project-"));
    const { dependencies } = JSON.parse(readFileSync(join(packages, "package.json"), "utf8"));
    project.write("package.json", JSON.stringify({ name: "scratch", type: "module", dependencies }));
    symlinkSync(join(packages, "node_modules"), join(project.directory, "node_modules"));
    return project;
  }

  path(relative) {
    return join(this.directory, relative);
  }

  write(relative, text) {
    mkdirSync(dirname(this.path(relative)), { recursive: true });
    writeFileSync(this.path(relative), text);
  }

  read(relative) {
    return readFileSync(this.path(relative), "utf8");
  }

  delete(relative) {
    rmSync(this.path(relative), { recursive: true });
  }

  /** Runs `npx convex …` against `server` and returns how it ended and what it printed. */
  async convex(server, ...words) {
    return await this.#run(words, server.environment).ended;
  }

  /** Runs `npx convex …` and fails unless it succeeds. Returns what it printed on standard output. */
  async convexOk(server, ...words) {
    const { code, stdout, stderr } = await this.convex(server, ...words);
    if (code !== 0) throw new Error(`convex ${words.join(" ")} exited with ${code}\n${stdout}\n${stderr}\n${server.output}`);
    return stdout;
  }

  /** Starts `npx convex …` and leaves it running. */
  convexRunning(server, ...words) {
    return this.#run(words, server.environment);
  }

  #run(words, environment) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("CONVEX_"));
    const child = spawn(process.execPath, [join(this.packages, "node_modules/convex/bin/main.js"), ...words], {
      cwd: this.directory,
      env: { ...Object.fromEntries(inherited), CI: "1", NO_COLOR: "1", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const run = { child, stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (run.stdout += chunk));
    child.stderr.on("data", (chunk) => (run.stderr += chunk));
    const timer = setTimeout(() => child.kill("SIGKILL"), RUN_MS_MAX);
    run.ended = new Promise((done) => {
      child.once("close", (code) => {
        clearTimeout(timer);
        done({ code, stdout: run.stdout, stderr: run.stderr });
      });
    });
    return run;
  }

  async push(server) {
    return await this.convexOk(server, "dev", "--once", "--typecheck", "disable", "--tail-logs", "disable");
  }

  remove() {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
