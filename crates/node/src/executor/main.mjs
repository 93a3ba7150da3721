// The program of a child process: reads frames from descriptor 3, runs the calls they ask for, answers.
import { Channel } from "./channel.mjs";
import * as calls from "./calls.mjs";
import * as lines from "./console.mjs";
import * as convex from "./convex.mjs";
import { functionsOf, withLocations } from "./analyze.mjs";
import { describe } from "./errors.mjs";
import { adopt, load } from "./modules.mjs";

const CHANNEL_DESCRIPTOR = 3;
Error.stackTraceLimit = 30;

const elapsed = performance.now.bind(performance);
const reallyExit = process.reallyExit.bind(process);

/** Evaluates a module for `call`; a module that failed once would fail forever, so the process is given up. */
async function imported(path, call) {
  const start = elapsed();
  try {
    return await load(path, call);
  } catch (error) {
    calls.drain();
    throw error;
  } finally {
    call.importMs += elapsed() - start;
  }
}

async function execute({ call: id, module, export: name }, body) {
  const call = new calls.Call(id);
  const args = body.toString();
  // The server runs a call again that never started, so this must be out before user code runs.
  await call.send({ type: "started" });
  try {
    const f = (await imported(module, call))[name];
    if (typeof f?.invokeAction !== "function") {
      throw new Error(`Couldn't find the action \`${name}\` in module \`${module}\`. Did you forget to export it?`);
    }
    const start = elapsed();
    const result = await calls.context.run(call, async () => {
      try {
        return await f.invokeAction(call.token, args);
      } finally {
        call.runMs = elapsed() - start;
      }
    });
    warnOfOutstanding(call);
    end(call, () => call.finish({ outcome: "success" }, result));
  } catch (error) {
    end(call, () => call.fail("thrown", error));
  }
}

function end(call, finish) {
  convex.forget(call);
  finish();
}

function warnOfOutstanding(call) {
  for (const operation of call.operations.values()) {
    lines.emit(call, "WARN", [
      `You have an outstanding ${convex.shortName(operation)} call. Operations should be awaited or they might not run. ` +
        "See https://docs.convex.dev/functions/actions#dangling-promises for more information.",
    ]);
  }
}

async function analyze({ call: id, modules }) {
  const call = new calls.Call(id);
  await call.send({ type: "started" });
  const reports = [];
  for (const path of modules) {
    try {
      const namespace = await imported(path, call);
      const functions = calls.context.run({ importing: true, call }, () =>
        withLocations((locate) => functionsOf(namespace, locate)),
      );
      reports.push({ path, functions });
    } catch (error) {
      return call.finish({ outcome: "error", kind: "thrown", module: path, ...describe(error) });
    }
  }
  call.finish({ outcome: "success" }, JSON.stringify(reports));
}

const onFrame = {
  ...convex.answers,
  load: ({ root, env }) => adopt(root, env),
  execute,
  analyze,
  timeout({ call: id }) {
    const call = calls.callOfId(id);
    if (call !== undefined) end(call, () => call.finish({ outcome: "error", kind: "timeout", name: "", message: "", frames: [] }));
  },
  cancel({ call: id }) {
    const call = calls.callOfId(id);
    if (call !== undefined) end(call, () => call.fail("thrown", new Error("canceled")));
  },
};

calls.setChannel(new Channel(CHANNEL_DESCRIPTOR, (header, body) => onFrame[header.type](header, body)));
convex.install();
lines.install();

process.on("unhandledRejection", (reason) => calls.failFromEvent("unhandledRejection", reason));
process.on("uncaughtException", (error) => calls.failFromEvent("uncaughtException", error));
process.exit = (code = process.exitCode ?? 0) => {
  const call = calls.currentCall();
  if (call === undefined) reallyExit(code);
  const error = new Error(`process.exit(${code}) was called`);
  calls.failFromEvent("exit", error);
  // Nothing after the call to `exit` may run; a `catch` that holds on to this finds its action already over.
  throw error;
};
