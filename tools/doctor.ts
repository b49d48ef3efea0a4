/** `npm run doctor`: looks at what `npm start` needs and says what is wrong. It changes nothing. */
import { accessSync, constants, existsSync } from "node:fs";
import { resolve } from "node:path";
import { styleText } from "node:util";
import * as v from "valibot";
import { isBuildOutdated } from "./start/build.ts";
import { parseStartOptions, START_USAGE, type StartOptions } from "./start/options.ts";
import { LOOPBACK, probePort } from "./start/ports.ts";
import { findRunning } from "./start/state-folder.ts";
import { ROOT } from "./wrangler.ts";

const HEALTH_TIMEOUT_MS = 5_000;

interface Finding {
  isOk: boolean;
  text: string;
}

const healthSchema = v.object({ status: v.string(), checks: v.record(v.string(), v.object({ isOk: v.boolean() })) });

async function checkHealth(port: number): Promise<Finding> {
  try {
    const response = await fetch(`http://${LOOPBACK}:${port}/api/health`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
    const health = v.parse(healthSchema, await response.json());
    const broken = Object.entries(health.checks).flatMap(([name, { isOk }]) => (isOk ? [] : [name]));
    return { isOk: broken.length === 0, text: `Hilo answers on port ${port}: ${health.status} ${broken.join(", ")}`.trim() };
  } catch {
    return { isOk: false, text: `Something holds port ${port}, and it is not a healthy Hilo.` };
  }
}

async function checkPorts({ port, smtpPort, mailPort, hasDemo }: StartOptions): Promise<Finding[]> {
  const ports = [port, smtpPort, ...(hasDemo ? [mailPort] : [])];
  const states = await Promise.all(ports.map(probePort));
  return ports.map((port, index) => ({ isOk: states[index] === "free", text: `port ${port} is ${states[index]}` }));
}

function checkState(folder: string): Finding {
  if (!existsSync(folder)) return { isOk: true, text: `state folder ${folder}: made by the first start` };
  try {
    accessSync(folder, constants.R_OK | constants.W_OK);
    return { isOk: true, text: `state folder ${folder} can be written` };
  } catch {
    return { isOk: false, text: `state folder ${folder} cannot be written` };
  }
}

async function examine(options: StartOptions): Promise<Finding[]> {
  const folder = resolve(options.state);
  const running = await findRunning(folder);
  return [
    { isOk: true, text: `Node ${process.version}` },
    { isOk: true, text: (await isBuildOutdated(ROOT)) ? "the next start will build first" : "the build is up to date" },
    checkState(folder),
    ...(running === null ? await checkPorts(options) : [await checkHealth(running.port)]),
  ];
}

const parsed = parseStartOptions(process.argv.slice(2));
if (parsed.kind !== "start") {
  console.error(START_USAGE.replaceAll("npm start", "npm run doctor"));
  process.exit(2);
}
const findings = await examine(parsed.options);
for (const { isOk, text } of findings) console.log(`${isOk ? styleText("green", "✓") : styleText("red", "✗")} ${text}`);
process.exitCode = findings.every(({ isOk }) => isOk) ? 0 : 1;
