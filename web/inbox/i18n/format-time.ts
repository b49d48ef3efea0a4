import type { Locale } from "./i18n.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The language as this browser writes it: `en-GB` and `en-US` differ in clock and order of dates. */
function regional(locale: Locale): string {
  return navigator.languages.find((language) => language.startsWith(`${locale}-`)) ?? locale;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

// Making a formatter takes far longer than using one, and lists need hundreds of times.
function formatterOf(locale: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const known = formatters.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(regional(locale), options);
  formatters.set(key, made);
  return made;
}

/** The local calendar day of a time as `YYYY-M-D`: equal keys, same day. */
export function dayKey(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** `14:05`. */
export function formatClock(at: number, locale: Locale): string {
  return formatterOf(locale, { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** `Tuesday, 3 March 2026, 14:05`, for titles. */
export function formatFull(at: number, locale: Locale): string {
  return formatterOf(locale, { dateStyle: "full", timeStyle: "short" }).format(at);
}

/** `3 Mar 2026, 14:05`, for tables. */
export function formatStamp(at: number, locale: Locale): string {
  return formatterOf(locale, { dateStyle: "medium", timeStyle: "short" }).format(at);
}

/** `3 March 2026`. */
export function formatDate(at: number, locale: Locale): string {
  return formatterOf(locale, { dateStyle: "long" }).format(at);
}

/** The heading of a day in a thread: today, yesterday, a weekday and date. */
export function formatDay(at: number, now: number, locale: Locale): string {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  if (dayKey(at) === dayKey(now)) return capitalized(relative.format(0, "day"), locale);
  if (dayKey(at) === dayKey(now - DAY_MS)) return capitalized(relative.format(-1, "day"), locale);
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const options: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long" };
  return capitalized(formatterOf(locale, isThisYear ? options : { ...options, year: "numeric" }).format(at), locale);
}

/** The short age in a list row: `now`, `5m`, `3h`, `Tue`, `3 Mar`, `3/3/25`. `justNow` is the word for the first minute. */
export function formatAge(at: number, now: number, locale: Locale, justNow: string): string {
  const age = now - at;
  if (age < MINUTE_MS) return justNow;
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)}m`;
  if (age < DAY_MS && dayKey(at) === dayKey(now)) return `${Math.floor(age / HOUR_MS)}h`;
  if (age < 6 * DAY_MS) return formatterOf(locale, { weekday: "short" }).format(at);
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  if (isThisYear) return formatterOf(locale, { day: "numeric", month: "short" }).format(at);
  return formatterOf(locale, { day: "numeric", month: "numeric", year: "2-digit" }).format(at);
}

/** `2.4 MB`. */
export function formatBytes(bytes: number, locale: Locale): string {
  const units = ["byte", "kilobyte", "megabyte"] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: units[unit] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}

function capitalized(text: string, locale: Locale): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}
