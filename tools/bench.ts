/** `npm run bench`: measures the budgets, prints tables, writes JSON. Times are compared within one run, never asserted. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureLists, measureMessageCosts, measureReconnects } from "../test/bench/billing-section.ts";
import { measureHostileMails } from "../test/bench/hostile-mail-section.ts";
import { measureIdle } from "../test/bench/idle-section.ts";
import { measureMails } from "../test/bench/intake-section.ts";
import { measureRelays } from "../test/bench/relay-section.ts";
import { formatMarkdown, formatSection, type Section } from "../test/bench/section.ts";
import { makeBundles, startHiloWorker } from "../test/bench/targets.ts";
import { ROOT } from "./check/step.ts";
import { Office } from "./faults/office.ts";
import { bundleWorker } from "./local-worker/bundle.ts";

const RESULTS = join(ROOT, "bench-results");
const USAGE = `Usage: npm run bench -- [options]

  --only relay,costs,idle,lists,mail,hostile   some of the parts
  --repeats 3                     of each measurement of time; the median counts
  --seconds 4                     of each loop
  --state DIR                     where the servers' state is kept: its disk is part of what is measured
  --quick                         a quarter of the sockets, to see that it works
  --markdown                      tables for the documentation`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "relay,costs,idle,lists,mail,hostile" },
    repeats: { type: "string", default: "3" },
    seconds: { type: "string", default: "4" },
    state: { type: "string", default: tmpdir() },
    quick: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const parts = new Set(values.only.split(","));
const repeats = Number(values.repeats);
const folder = await mkdtemp(join(values.state, "hilo-bench-"));

async function measureRelayPart(): Promise<Section[]> {
  if (!parts.has("relay")) return [];
  const plan = { loopMs: Number(values.seconds) * 1_000, isQuick: values.quick };
  return [await measureRelays({ bundles: await makeBundles(join(folder, "bundles")), folder, repeats, plan })];
}

async function measureIdlePart(): Promise<Section[]> {
  return parts.has("idle") ? [await measureIdle({ bundles: await makeBundles(join(folder, "bundles")), folder })] : [];
}

async function measureHostilePart(): Promise<Section[]> {
  if (!parts.has("hostile")) return [];
  const script = await bundleWorker("worker/index.ts", join(folder, "hostile-bundle"));
  return [await measureHostileMails({ script, state: join(folder, "hostile"), isQuick: values.quick })];
}

/** The parts that count: all on the Worker that counts, each with a state of its own. */
async function measureCountedParts(): Promise<Section[]> {
  if (!["costs", "lists", "mail"].some((part) => parts.has(part))) return [];
  const script = await bundleWorker("test/bench/worker/counting-worker.ts", join(folder, "counting"));
  const measurers = [
    ["costs", measureMessageCosts],
    ["costs", measureReconnects],
    ["lists", measureLists],
    ["mail", (worker: Parameters<typeof measureMails>[0], office: Office) => measureMails(worker, office, repeats)],
  ] as const;
  const sections: Section[] = [];
  for (const [name, measure] of measurers) {
    if (!parts.has(name)) continue;
    const worker = await startHiloWorker({
      script,
      state: join(folder, `${name}-${sections.length}`),
      objects: { BARE: "BareLog" },
    });
    sections.push(await measure(worker, await Office.open(worker.url)).finally(() => worker.stop()));
  }
  return sections;
}

try {
  const sections = [
    ...(await measureRelayPart()),
    ...(await measureIdlePart()),
    ...(await measureCountedParts()),
    ...(await measureHostilePart()),
  ];
  for (const section of sections) console.log(values.markdown ? `\n${formatMarkdown(section)}` : formatSection(section));
  const at = new Date().toISOString();
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, `${at.replaceAll(":", "-")}.json`);
  const machine = { cores: cpus().length, model: cpus()[0]?.model ?? "", node: process.version };
  await writeFile(file, JSON.stringify({ at, machine, sections }, null, 2));
  console.log(`\nWritten to ${file}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit();
