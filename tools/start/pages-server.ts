/** The inbox as Cloudflare Pages serves it: files of its own, and a function that forwards the API to the Worker. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort, LOOPBACK } from "./ports.ts";
import { type ProcessTree, startNodeTree } from "./process-tree.ts";
import { folderPaths } from "./state-folder.ts";
import { recordOutput, waitUntilHealthy, type WorkerServerOptions, wranglerEnv, wranglerProgram } from "./worker-server.ts";

/**
 * Wrangler takes a configuration for Pages only together with one of a Worker, and reads the project's own where none is
 * named. That one runs in another process, so this is a Worker that nobody calls.
 */
async function writeSideWorker(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "side-worker.js"), "export default { fetch: () => new Response(null, { status: 404 }) };\n");
  const config = join(folder, "side-worker.toml");
  await writeFile(config, 'name = "hilo-side"\nmain = "side-worker.js"\ncompatibility_date = "2026-11-02"\n');
  return config;
}

/**
 * Starts Pages and waits until it reaches the Worker, which it finds in the state folder's registry.
 * @param options `port` is that of Pages
 * @throws Error when it does not answer in time
 */
export async function startPages(options: WorkerServerOptions): Promise<ProcessTree> {
  const { root, folder, port } = options;
  const { pages, log } = folderPaths(folder);
  const flags = {
    cwd: join(root, "web", "pages"),
    config: "wrangler.toml",
    ip: LOOPBACK,
    port: String(port),
    "inspector-port": String(await findFreePort()),
    "persist-to": join(pages, "state"),
    "show-interactive-dev-session": "false",
    "log-level": "log",
  };
  const named = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const args = [wranglerProgram(root), "pages", "dev", ...named, "--config", await writeSideWorker(pages)];
  const tree = startNodeTree(args, { cwd: root, env: wranglerEnv(folder) });
  recordOutput(tree, options);
  if (await waitUntilHealthy(tree, port)) return tree;
  await tree.stop();
  throw new Error(`Pages did not start; see ${log}`);
}
