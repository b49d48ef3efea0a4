/** The relay's table: every target in turn, three times, medians, ratios to the floor. */
import { join } from "node:path";
import { median, type Cell, type Section } from "./section.ts";
import { measureRelay, type RelayFigures, type RelayPlan } from "./relay.ts";
import { startFloor, startHilo, startSocketIo, type Bundles, type Target } from "./targets.ts";

interface Column {
  readonly title: string;
  readonly read: (figures: RelayFigures) => number;
  readonly unit: string;
  /** Best and worst that the budget allows, as a ratio to the floor. */
  readonly budget: { readonly min: number } | { readonly max: number } | null;
}

const COLUMNS: readonly Column[] = [
  { title: "1 conversation", unit: "msg/s", read: (f) => f.one.messagesPerSecond, budget: null },
  { title: "50 conversations", unit: "msg/s", read: (f) => f.fifty.messagesPerSecond, budget: { min: 0.7 } },
  { title: "200 conversations", unit: "msg/s", read: (f) => f.twoHundred.messagesPerSecond, budget: { min: 0.7 } },
  { title: "p50 at 200/s", unit: "ms", read: (f) => f.fixedRate.p50, budget: { max: 1.4 } },
  { title: "p99 at 200/s", unit: "ms", read: (f) => f.fixedRate.p99, budget: null },
  { title: "p99, 50 conversations", unit: "ms", read: (f) => f.fifty.p99, budget: null },
  { title: "CPU for 1,000 messages", unit: "s", read: (f) => f.fifty.cpuPerThousand, budget: { max: 1.6 } },
  { title: "400 sockets caught up", unit: "ms", read: (f) => f.herdMs, budget: { max: 2 } },
];

export interface RelayOptions {
  readonly bundles: Bundles;
  readonly folder: string;
  readonly repeats: number;
  readonly plan: RelayPlan;
}

export async function measureRelays(options: RelayOptions): Promise<Section> {
  const { bundles, folder, repeats, plan } = options;
  const makers: ((state: string) => Promise<Target>)[] = [
    (state) => startFloor(bundles.floor, state),
    (state) => startHilo(bundles.hilo, state),
    (state) => startSocketIo(state),
  ];
  const measured = new Map<string, RelayFigures[]>();
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const [index, make] of makers.entries()) {
      const target = await make(join(folder, `relay-${repeat}-${index}`));
      const figures = await measureRelay(target, plan).finally(target.stop);
      measured.set(target.name, [...(measured.get(target.name) ?? []), figures]);
      console.error(`  relay ${repeat + 1}/${repeats}: ${target.name} ${Math.round(figures.fifty.messagesPerSecond)} msg/s`);
    }
  }
  return {
    title: "Relay: visitor → stored → agent",
    rows: COLUMNS.map((column) => makeRow(column, measured)),
    raw: [...measured],
  };
}

function makeRow(column: Column, measured: ReadonlyMap<string, RelayFigures[]>): { name: string; cells: Cell[] } {
  const valueOf = (target: string): number => median((measured.get(target) ?? []).map(column.read));
  const floor = valueOf("floor");
  const ratio = valueOf("Hilo") / floor;
  const { budget } = column;
  const isMet = budget === null || ("min" in budget ? ratio >= budget.min : ratio <= budget.max);
  const limit = budget === null ? "" : "min" in budget ? `≥ ${budget.min}` : `≤ ${budget.max}`;
  return {
    name: `${column.title}, ${column.unit}`,
    cells: [
      { title: "Hilo", value: valueOf("Hilo") },
      { title: "floor", value: floor },
      { title: "Socket.IO + SQLite", value: valueOf("Socket.IO + SQLite") },
      { title: "Hilo ÷ floor", value: ratio, isMet, ...(limit === "" ? {} : { note: limit }) },
    ],
  };
}
