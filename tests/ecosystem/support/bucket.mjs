// A bucket in an S3-speaking service on this machine: the one that `tests/s3` starts for itself.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const service = fileURLToPath(new URL("../../s3/service.py", import.meta.url));

/** The line that the service prints of itself, after whatever its libraries have to say. */
async function address(output) {
  for await (const line of createInterface(output)) if (line.startsWith("http://")) return line.split(" ");
  throw new Error("the S3 service printed no address");
}

export class Bucket {
  #child;

  /** Needs the packages of `tests/py/requirements.txt` in the Python that `CONCAVE_PYTHON` names. */
  static async start() {
    const bucket = new Bucket();
    bucket.#child = spawn(process.env.CONCAVE_PYTHON ?? "python3", [service], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(bucket.#child, "exit").then(([code]) => {
      throw new Error(`the S3 service ended with ${code}: does CONCAVE_PYTHON have the packages of tests/py?`);
    });
    ended.catch(() => {});
    [bucket.endpoint, bucket.name] = await Promise.race([address(bucket.#child.stdout), ended]);
    return bucket;
  }

  stop() {
    this.#child.stdin.end();
  }
}
