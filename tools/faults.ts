/** `npm run test:faults -- --minutes 30 --seed N`: tries hard to make Hilo lose, double or disorder a message. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatBreaches, formatResult, isClean } from "./faults/report.ts";
import { runFaults } from "./faults/run.ts";

const MS_PER_MINUTE = 60_000;
const USAGE = `Usage: npm run test:faults -- [options]

  --minutes 1          how long faults go on
  --seed N             repeats a schedule of faults; without it one is chosen and printed
  --chats 24           chats, each with a visitor and one or two agents
  --correspondents 5   people who write mails and are answered by mail
  --keep               keeps the state folder and prints where it is`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    chats: { type: "string", default: "24" },
    correspondents: { type: "string", default: "5" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const minutes = Number(values.minutes);
const folder = await mkdtemp(join(tmpdir(), "hilo-faults-"));
console.log(`seed ${seed}, ${minutes} min`);
try {
  const result = await runFaults({
    seed,
    durationMs: minutes * MS_PER_MINUTE,
    chats: Number(values.chats),
    correspondents: Number(values.correspondents),
    folder,
    onProgress: (text) => console.log(text),
  });
  if (!isClean(result)) console.log(formatBreaches(result));
  console.log(formatResult(result, { seed, minutes }));
  process.exitCode = isClean(result) ? 0 : 1;
} finally {
  if (values.keep) console.log(`The state is in ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}
// Sockets that were left half-open would hold the process.
process.exit();
