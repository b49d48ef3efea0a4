import type { Locale } from "./i18n.ts";

let toSpanish: ((reason: string) => string) | null = null;

/** Reads what a language needs, before it is shown. */
export async function loadMailReasons(locale: Locale): Promise<void> {
  if (locale === "es") ({ toSpanish } = await import("./mail-reasons-es.ts"));
}

/** Why a mail did not arrive, or what became of one that did, in the agent's language. The server says it in English. */
export function sayMailReason(reason: string, locale: Locale): string {
  return locale === "es" && toSpanish !== null ? toSpanish(reason) : reason;
}
