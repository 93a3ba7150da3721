// An app built on a published package: the folder beside the test file, with the packages of `tests/ecosystem`.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { deployedApp } from "../../js/support/app.mjs";
import { Project } from "../../js/support/project.mjs";

const packages = resolve(fileURLToPath(import.meta.url), "../..");

/** Like `deployedApp`, for the app in the folder of the test file `url`; `variables` makes those of the deployment. */
export function deployedPackage(url, { variables, prepare, ...options } = {}) {
  return deployedApp({
    ...options,
    project: () => Project.copyOf(dirname(fileURLToPath(url)), packages),
    prepare: async (context) => {
      await prepare?.(context);
      if (variables) await setEnvironment(context.server, await variables(context));
    },
  });
}

/** Sets environment variables of the deployment, as `npx convex env set` does. */
export async function setEnvironment(server, variables) {
  const changes = Object.entries(variables).map(([name, value]) => ({ name, value }));
  const response = await fetch(`${server.url}/api/update_environment_variables`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Convex ${server.adminKey}` },
    body: JSON.stringify({ changes }),
  });
  if (!response.ok) throw new Error(`the variables were refused: ${response.status} ${await response.text()}`);
}
