/** `npm start`: everything on one's own machine. See `start/options.ts` for what it can be told. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startDemoMailbox } from "./demo-mailbox/demo-mailbox.ts";
import { startSmtpGateway } from "./smtp-gateway/gateway.ts";
import { formatBanner } from "./start/banner.ts";
import { buildIfOutdated } from "./start/build.ts";
import { parseStartOptions, START_USAGE, type StartOptions } from "./start/options.ts";
import { LOOPBACK, probePort, waitUntilFree } from "./start/ports.ts";
import { startPages } from "./start/pages-server.ts";
import { claimFolder, findRunning, folderPaths, openLog, writeWorkerEnv } from "./start/state-folder.ts";
import { Shutdown } from "./start/shutdown.ts";
import { migrateLocal, startCron, startWorker, type WorkerServerOptions } from "./start/worker-server.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Up to here a port is for the machine's administrator. */
const PORT_FORBIDDEN_MAX = 1023;
const PORTS_FREE_TIMEOUT_MS = 10_000;
/** The runtime died this soon after a start: it would die again. */
const RESTART_AFTER_MS = 10_000;

/** What stops the start before anything was changed. */
class Refusal extends Error {}

const usedPorts = ({ port, smtpPort, mailPort, hasDemo, pagesPort }: StartOptions) => [
  { option: "--port", port },
  { option: "--smtp-port", port: smtpPort },
  ...(hasDemo ? [{ option: "--mail-port", port: mailPort }] : []),
  ...(pagesPort === null ? [] : [{ option: "--pages-port", port: pagesPort }]),
];

/** All that are not free, at once, with ones that are: whoever runs two of these need not find them one by one. */
async function freePortsFor(options: StartOptions): Promise<string> {
  const used = usedPorts(options);
  const chosen = new Set(used.map(({ port }) => port));
  const parts: string[] = [];
  for (const { option, port } of used) {
    if ((await probePort(port)) === "free") continue;
    let other = Math.max(port, PORT_FORBIDDEN_MAX) + 1;
    while (chosen.has(other) || (await probePort(other)) !== "free") other += 1;
    chosen.add(other);
    parts.push(`${option} ${other}`);
  }
  return parts.join(" ");
}

async function refuseTaken(options: StartOptions, folder: string): Promise<void> {
  const running = await findRunning(folder);
  if (running !== null) {
    throw new Refusal(
      `The state folder ${folder} is in use by Hilo on port ${running.port} (process ${running.pid}).\n` +
        `Stop that one, or start this one with a folder of its own: npm start -- --state DIR ${await freePortsFor(options)}`,
    );
  }
  for (const { port } of usedPorts(options)) {
    const state = await probePort(port);
    if (state === "taken") throw new Refusal(`Port ${port} is taken. Choose others: npm start -- ${await freePortsFor(options)}`);
    if (state === "forbidden")
      throw new Refusal(`Port ${port} may not be used. Choose some above 1023: npm start -- ${await freePortsFor(options)}`);
  }
}

/** Starts the runtime again when it dies, so that a crash costs a moment and not the session. */
async function keepWorkerRunning(server: WorkerServerOptions, shutdown: Shutdown): Promise<void> {
  let startedAt = Date.now();
  let tree = await startWorker(server);
  shutdown.add(() => tree.stop());
  const watch = async (): Promise<void> => {
    await tree.ended;
    if (shutdown.hasBegun) return;
    if (Date.now() - startedAt < RESTART_AFTER_MS) throw new Error("The Worker stopped by itself.");
    console.error("The Worker stopped by itself; starting it again …");
    await tree.stop();
    startedAt = Date.now();
    tree = await startWorker(server);
    await watch();
  };
  watch().catch((error: unknown) => shutdown.fail(error));
}

async function startAll(options: StartOptions, shutdown: Shutdown): Promise<void> {
  const folder = resolve(options.state);
  await refuseTaken(options, folder);
  await buildIfOutdated(ROOT, () => console.log("Building the inbox and the widget …"));

  const isFirstStart = !existsSync(folderPaths(folder).env);
  shutdown.add(await claimFolder(folder, options.port));
  const workerUrl = `http://${LOOPBACK}:${options.port}`;
  const mailbox = options.hasDemo
    ? await startDemoMailbox({
        folder: folderPaths(folder).mailbox,
        port: options.mailPort,
        gateway: { host: LOOPBACK, port: options.smtpPort },
      })
    : null;
  if (mailbox !== null) shutdown.add(mailbox.close);
  const env = await writeWorkerEnv(
    folder,
    { caller: process.env, publicUrl: `http://localhost:${options.port}`, demoSmtpUrl: mailbox?.smtpUrl ?? null },
    join(ROOT, ".dev.vars"),
  );

  const server: WorkerServerOptions = {
    root: ROOT,
    folder,
    port: options.port,
    log: openLog(folder),
    onError: (line) => console.error(line),
  };
  await migrateLocal(server);
  await keepWorkerRunning(server, shutdown);
  shutdown.add(startCron(options.port));
  const gateway = await startSmtpGateway({
    host: LOOPBACK,
    port: options.smtpPort,
    workerUrl,
    secret: env.INBOUND_MAIL_SECRET,
    onTrouble: (text) => console.error(`SMTP gateway: ${text}`),
  });
  shutdown.add(gateway.close);
  if (options.pagesPort !== null) {
    const pages = await startPages({ ...server, port: options.pagesPort });
    shutdown.add(() => pages.stop());
  }

  const isDemoMail = mailbox !== null && env.SMTP_URL === mailbox.smtpUrl;
  const mailTarget = isDemoMail ? "the demo mailbox" : (env.MAIL_TRANSPORT ?? "cloudflare");
  console.log(formatBanner({ options, publicUrl: env.PUBLIC_URL ?? workerUrl, folder, mailTarget, isFirstStart }));
  console.log("Hilo is ready");
}

async function main(): Promise<void> {
  const parsed = parseStartOptions(process.argv.slice(2));
  if (parsed.kind === "help") return console.log(START_USAGE);
  if (parsed.kind === "bad") {
    console.error(`${parsed.reason}\n\n${START_USAGE}`);
    process.exit(2);
  }
  const ports = usedPorts(parsed.options).map(({ port }) => port);
  const shutdown = new Shutdown(() => waitUntilFree(ports, PORTS_FREE_TIMEOUT_MS));
  shutdown.listen();
  try {
    await startAll(parsed.options, shutdown);
  } catch (error) {
    // A refusal came before anything was started: its ports belong to somebody else.
    if (error instanceof Refusal) {
      console.error(error.message);
      process.exit(1);
    }
    await shutdown.fail(error);
  }
}

await main();
