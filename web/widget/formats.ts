/** Times and sizes in the visitor's language and time zone. */
import type { Texts } from "./texts.ts";

export interface Formats {
  readonly time: (at: number) => string;
  readonly day: (at: number) => string;
  readonly size: (bytes: number) => string;
}

const DAY_MS = 86_400_000;

export function dayOf(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** The language as this browser writes it: `en-GB` and `en-US` differ in clock and order of dates. */
function regional(language: string): string {
  return navigator.languages.find((one) => one.startsWith(`${language}-`)) ?? language;
}

export function makeFormats(language: string, texts: Texts, now: () => number): Formats {
  const locale = regional(language);
  const time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  return {
    time: (at) => time.format(at),
    day: (at) => {
      // Rounded, because the days on which clocks change are not 24 hours long.
      const age = Math.round((dayOf(now()) - dayOf(at)) / DAY_MS);
      return age === 0 ? texts.today : age === 1 ? texts.yesterday : day.format(at);
    },
    size: (bytes) => {
      if (bytes < 1000) return `${bytes} B`;
      return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${number.format(bytes / 1_000_000)} MB`;
    },
  };
}
