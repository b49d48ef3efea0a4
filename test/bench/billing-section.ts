/** What the platform bills: per chat message in the objects and D1, per page of a list, per mail. */
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import type { Office } from "../../tools/faults/office.ts";
import type { LocalWorker } from "../../tools/local-worker/local-worker.ts";
import type { Section } from "./section.ts";
import { makeHiloPair } from "./targets.ts";
import { markText, Wire } from "./wire.ts";

const countsSchema = v.object({
  objectRows: v.number(),
  alarmsSet: v.number(),
  objectRequests: v.number(),
  d1Calls: v.number(),
  d1Writes: v.number(),
  d1RowsRead: v.number(),
  d1RowsWritten: v.number(),
  r2Calls: v.number(),
});
export type Counts = v.InferOutput<typeof countsSchema>;

/** What was counted since the last time. */
export async function takeCounts(worker: LocalWorker): Promise<Counts> {
  const response = await fetch(`${worker.url}/bench/counts`, { method: "DELETE" });
  return v.parse(countsSchema, await response.json());
}

const BURST = 100;
const TALK = 20;
const TALK_PAUSE_MS = 600;
/** The last of the coalesced writes. */
const QUIET_MS = 6_000;

export async function measureMessageCosts(worker: LocalWorker, office: Office): Promise<Section> {
  const burst = await countMessages(worker, office, { count: BURST, pauseMs: 0 });
  const talk = await countMessages(worker, office, { count: TALK, pauseMs: TALK_PAUSE_MS });
  const row = (name: string, read: (counts: Counts) => number, note?: { text: string; max: number }) => ({
    name,
    cells: [
      { title: `${BURST} in a burst`, value: read(burst) / BURST },
      {
        title: `${TALK}, one in ${TALK_PAUSE_MS} ms`,
        value: read(talk) / TALK,
        ...(note === undefined ? {} : { note: note.text, isMet: read(burst) / BURST <= note.max }),
      },
    ],
  });
  return {
    title: "What one chat message costs",
    rows: [
      row("rows written in objects", (counts) => counts.objectRows + counts.alarmsSet, { text: "burst ≤ 4", max: 4 }),
      row("D1 statements", (counts) => counts.d1Calls, { text: "burst ≤ 0.05", max: 0.05 }),
      row("requests to objects", (counts) => counts.objectRequests),
    ],
    raw: { burst, talk },
  };
}

async function countMessages(worker: LocalWorker, office: Office, talk: { count: number; pauseMs: number }): Promise<Counts> {
  const pair = await makeHiloPair(worker.url, office, 0);
  const [visitor, agent] = [await Wire.open(pair.visitor), await Wire.open(pair.agent)];
  await wait(QUIET_MS);
  await takeCounts(worker);
  for (let number = 1; number <= talk.count; number += 1) {
    const arrived = new Promise<void>((resolve) => (agent.onMark = () => resolve()));
    visitor.send(pair.frameOf(markText(number)));
    await arrived;
    if (talk.pauseMs > 0) await wait(talk.pauseMs);
  }
  await wait(QUIET_MS);
  const counts = await takeCounts(worker);
  visitor.cut();
  agent.cut();
  return counts;
}

/** A visitor's and an agent's socket that are cut and come back, as all do when a new version is deployed. */
export async function measureReconnects(worker: LocalWorker, office: Office): Promise<Section> {
  const pair = await makeHiloPair(worker.url, office, 1);
  const counts: Counts[] = [];
  for (const side of [pair.visitor, pair.agent]) {
    const wire = await Wire.open(side);
    await wait(QUIET_MS);
    await takeCounts(worker);
    wire.cut();
    const back = await Wire.open(side);
    await wait(QUIET_MS);
    counts.push(await takeCounts(worker));
    back.cut();
  }
  const titles = ["visitor", "agent"];
  const row = (name: string, read: (counts: Counts) => number) => ({
    name,
    cells: counts.map((one, index) => ({ title: titles[index] ?? "", value: read(one) })),
  });
  return {
    title: "What one reconnect costs",
    rows: [
      row("rows written in objects", (one) => one.objectRows + one.alarmsSet),
      row("D1 statements", (one) => one.d1Calls),
      row("requests to objects", (one) => one.objectRequests),
    ],
    raw: counts,
  };
}

const SIZES = [1_000, 100_000] as const;
const AGENT_ID = "01900000-0000-7000-9000-000000000001";
const CONTACT_ID = "01900000-0000-7000-a000-000000000007";
const BEGIN_AT = 1_700_000_000_000;
const ROWS_MAX = 60;
const VIEWS: readonly (readonly [name: string, query: string])[] = [
  ["open", "status=open"],
  ["complete", "status=complete"],
  ["all", "status=all"],
  ["of an agent", `status=open&assignee=${AGENT_ID}`],
  ["of nobody", "status=open&assignee=none"],
  ["unread", "status=open&unread=true"],
  ["unread, all", "status=all&unread=true"],
  ["unread of an agent", `status=open&unread=true&assignee=${AGENT_ID}`],
  ["by chat", "status=open&channel=chat"],
  ["by email, of an agent", `status=open&channel=email&assignee=${AGENT_ID}`],
  ["of a contact", `status=all&contact=${CONTACT_ID}`],
];

/** Rows that D1 reads for one page of 50 of each view, at the beginning and in the middle. */
export async function measureLists(worker: LocalWorker, office: Office): Promise<Section> {
  const figures = new Map<string, number[]>(VIEWS.map(([name]) => [name, []]));
  for (const size of SIZES) {
    await fetch(`${worker.url}/bench/seed?to=${size}`, { method: "POST" });
    for (const [name, query] of VIEWS) {
      const base = await rowsRead(worker, office, "/api/me");
      const first = await rowsRead(worker, office, `/api/conversations?${query}&limit=50`);
      const middle = `${(BEGIN_AT + size * 500).toString(36)}_01900000-0000-7000-8000-000000000000`;
      const deep = await rowsRead(worker, office, `/api/conversations?${query}&limit=50&cursor=${middle}`);
      figures.get(name)?.push(first - base, deep - base);
    }
  }
  const titles = SIZES.flatMap((size) => [`${size / 1_000}k, first page`, `${size / 1_000}k, deep`]);
  const rows = VIEWS.map(([name]) => ({
    name,
    cells: (figures.get(name) ?? []).map((value, index) => ({
      title: titles[index] ?? "",
      value,
      ...(value > ROWS_MAX ? { note: `≤ ${ROWS_MAX}`, isMet: false } : {}),
    })),
  }));
  return { title: "Rows that D1 reads for a page of 50", rows, raw: [...figures] };
}

async function rowsRead(worker: LocalWorker, office: Office, path: string): Promise<number> {
  await takeCounts(worker);
  const response = await fetch(`${worker.url}${path}`, { headers: office.headers });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await takeCounts(worker)).d1RowsRead;
}
