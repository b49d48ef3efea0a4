/** When an event is, in the words of the reader. */
import type { Invitation } from "../../../durable-objects/conversation/protocol.ts";

type Times = Pick<Invitation, "start" | "end" | "zone">;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Whole days by their dates; times of a known instant in the reader's zone; others as they were written, with their zone. */
export function formatEventTimes({ start, end, zone }: Times, locale: string): string {
  if (!start.includes("T")) return formatDays(start, end, locale);
  const isInstant = start.endsWith("Z");
  const options: Intl.DateTimeFormatOptions = {
    dateStyle: "full",
    timeStyle: "short",
    // What has no instant is written down as if it were UTC, and read back so.
    ...(isInstant ? {} : { timeZone: "UTC" }),
  };
  const format = new Intl.DateTimeFormat(locale, options);
  const from = new Date(isInstant ? start : `${start}Z`);
  const to = end?.includes("T") === true ? new Date(end.endsWith("Z") ? end : `${end}Z`) : null;
  const text = to === null || to < from ? format.format(from) : format.formatRange(from, to);
  return isInstant || zone === undefined ? text : `${text} (${zone})`;
}

function formatDays(start: string, end: string | undefined, locale: string): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeZone: "UTC" });
  const from = new Date(start);
  // The end is the first day after.
  const to = end === undefined ? from : new Date(Date.parse(end) - DAY_MS);
  return to > from ? format.formatRange(from, to) : format.format(from);
}
