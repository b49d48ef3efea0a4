/** What open sockets cost while nobody writes, and how soon an object that sleeps answers. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { median, type Section } from "./section.ts";
import { startFloor, startHilo, type Bundles, type Pair, type Target } from "./targets.ts";
import { markText, Wire } from "./wire.ts";

const CONVERSATIONS = 200;
const TABS = 10;
const MAKES_AT_ONCE = 4;
/** The runtime puts an object to sleep after ten seconds without an event, and the last alarms have rung by then. */
const ASLEEP_MS = 16_000;
const IDLE_MS = 10_000;
const WAKES = 50;
/** The lists are brought up to date 20 ms after a message. */
const AFTERWARDS_MS = 60;
const WAKE_RATIO_MAX = 2;

interface Talk {
  readonly pair: Pair;
  readonly tabs: readonly Wire[];
}

interface IdleFigures {
  /** Of one core. */
  readonly cpu: number;
  /** Ms until another tab has a message. */
  readonly asleep: number;
  readonly awake: number;
}

export async function measureIdle(options: { bundles: Bundles; folder: string }): Promise<Section> {
  const { bundles, folder } = options;
  const floor = await measureTarget(await startFloor(bundles.floor, join(folder, "idle-floor")));
  const hilo = await measureTarget(await startHilo(bundles.hilo, join(folder, "idle-hilo")));
  const row = (name: string, read: (figures: IdleFigures) => number) => ({
    name,
    cells: [
      { title: "Hilo", value: read(hilo) },
      { title: "floor", value: read(floor) },
    ],
  });
  const ratio = hilo.asleep / hilo.awake;
  return {
    title: `${CONVERSATIONS * TABS} idle sockets on ${CONVERSATIONS} sleeping objects`,
    rows: [
      row("share of a core", ({ cpu }) => cpu),
      row("first frame, asleep, p50 ms", ({ asleep }) => asleep),
      row("next frame, awake, p50 ms", ({ awake }) => awake),
      {
        name: "asleep ÷ awake",
        cells: [
          { title: "Hilo", value: ratio, note: `≤ ${WAKE_RATIO_MAX}`, isMet: ratio <= WAKE_RATIO_MAX },
          { title: "floor", value: floor.asleep / floor.awake },
        ],
      },
    ],
    raw: { hilo, floor },
  };
}

async function measureTarget(target: Target): Promise<IdleFigures> {
  const talks: Talk[] = [];
  let made = 0;
  const open = async (): Promise<void> => {
    const pair = await target.makePair((made += 1));
    talks.push({ pair, tabs: await Promise.all(Array.from({ length: TABS }, async () => Wire.open(pair.visitor))) });
  };
  try {
    while (talks.length < CONVERSATIONS) await Promise.all(Array.from({ length: MAKES_AT_ONCE }, open));
    await wait(ASLEEP_MS);
    const cpuBefore = target.cpuSeconds();
    await wait(IDLE_MS);
    const cpu = (target.cpuSeconds() - cpuBefore) / (IDLE_MS / 1_000);
    const woken = talks.slice(0, WAKES);
    return { cpu, asleep: median(await relayEach(woken, 1)), awake: median(await relayEach(woken, 2)) };
  } finally {
    for (const { tabs } of talks) for (const tab of tabs) tab.cut();
    await target.stop();
  }
}

/** One after the other: what an object has left to do when the message has arrived is over before the next one's turn. */
async function relayEach(talks: readonly Talk[], number: number): Promise<number[]> {
  const times: number[] = [];
  for (const talk of talks) {
    times.push(await relay(talk, number));
    await wait(AFTERWARDS_MS);
  }
  return times;
}

async function relay({ pair, tabs: [writer, reader] }: Talk, number: number): Promise<number> {
  if (writer === undefined || reader === undefined) throw new Error("a talk needs two tabs");
  const arrived = new Promise<void>((resolve) => (reader.onMark = () => resolve()));
  const startedAt = performance.now();
  writer.send(pair.frameOf(markText(number)));
  await arrived;
  return performance.now() - startedAt;
}
