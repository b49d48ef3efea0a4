/** A part of the bench's result: what was measured, as rows of cells. Pure. */
export interface Cell {
  readonly title: string;
  readonly value: number;
  /** The budget, in words. */
  readonly note?: string;
  readonly isMet?: boolean;
}

export interface Row {
  readonly name: string;
  readonly cells: readonly Cell[];
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Everything that was measured, for the JSON. */
  readonly raw: unknown;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const NAME_WIDTH = 34;
const CELL_WIDTH = 24;

const digits = (value: number): string =>
  new Intl.NumberFormat("en", { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2 }).format(
    value,
  );

function formatCell({ value, note, isMet }: Cell): string {
  const mark = note === undefined ? "" : ` (${note}${isMet === false ? ", missed" : ""})`;
  return `${digits(value)}${mark}`;
}

/** For a terminal. */
export function formatSection({ title, rows }: Section): string {
  const head = rows[0]?.cells.map((cell) => cell.title.padStart(CELL_WIDTH)).join("") ?? "";
  const lines = rows.map(
    ({ name, cells }) => name.padEnd(NAME_WIDTH) + cells.map((cell) => formatCell(cell).padStart(CELL_WIDTH)).join(""),
  );
  return [`\n${title}`, " ".repeat(NAME_WIDTH) + head, ...lines].join("\n");
}

/** For the documentation. */
export function formatMarkdown({ title, rows }: Section): string {
  const titles = rows[0]?.cells.map((cell) => cell.title) ?? [];
  const lines = rows.map(({ name, cells }) => `| ${[name, ...cells.map(formatCell)].join(" | ")} |`);
  return [`### ${title}`, "", `| | ${titles.join(" | ")} |`, `|${" --- |".repeat(titles.length + 1)}`, ...lines].join("\n");
}
