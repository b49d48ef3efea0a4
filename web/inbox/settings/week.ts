import type { Settings } from "../../../worker/domain/settings.ts";

type OpenDay = Settings["hours"]["days"][number];

export const WEEK = [1, 2, 3, 4, 5, 6, 7] as const;
const OPEN_FROM = 9 * 60;
const OPEN_TO = 18 * 60;

/** The name of a day of the week (Monday is 1) in a language. */
export function dayName(day: number, locale: string): string {
  // The first of January 2024 was a Monday.
  const name = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" }).format(Date.UTC(2024, 0, day));
  return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
}

/** 545 → `09:05`; the end of the day is `23:59`, because a time field knows no 24:00. */
export function toClock(minutes: number): string {
  const shown = Math.min(minutes, 24 * 60 - 1);
  return `${String(Math.floor(shown / 60)).padStart(2, "0")}:${String(shown % 60).padStart(2, "0")}`;
}

/** `09:05` → 545, or null for what is no time; `23:59` is the end of the day. */
export function fromClock(clock: string): number | null {
  const match = /^(\d{2}):(\d{2})$/.exec(clock);
  if (!match) return null;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return minutes === 24 * 60 - 1 ? 24 * 60 : minutes;
}

export function withDay(days: readonly OpenDay[], day: number, change: Partial<OpenDay> | null): OpenDay[] {
  const others = days.filter((other) => other.day !== day);
  if (change === null) return others;
  const current = days.find((other) => other.day === day) ?? { day, from: OPEN_FROM, to: OPEN_TO };
  return [...others, { ...current, ...change }].sort((a, b) => a.day - b.day);
}
