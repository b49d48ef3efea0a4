import { createI18n } from "vue-i18n";
import { en, type Messages } from "./en.ts";
import { loadMailReasons } from "./mail-reasons.ts";

export const LOCALES = ["en", "es"] as const;
export type Locale = (typeof LOCALES)[number];

const STORAGE_KEY = "hilo.locale";

export const i18n = createI18n<[Messages], Locale, false>({
  legacy: false,
  locale: "en",
  fallbackLocale: "en",
  messages: { en, es: en },
});

function isLocale(value: unknown): value is Locale {
  return LOCALES.some((locale) => locale === value);
}

/** The stored choice, else the browser's first language that we have. */
function preferredLocale(): Locale {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (isLocale(stored)) return stored;
  const languages = navigator.languages.map((language) => language.slice(0, 2));
  return languages.find(isLocale) ?? "en";
}

/** Loads a language's texts if need be and switches to it. */
export async function showLocale(locale: Locale): Promise<void> {
  if (locale === "es") i18n.global.setLocaleMessage("es", (await import("./es.ts")).es);
  await loadMailReasons(locale);
  i18n.global.locale.value = locale;
  document.documentElement.lang = locale;
}

/** Switches, and remembers the choice on this device. */
export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem(STORAGE_KEY, locale);
  await showLocale(locale);
}

export async function startLocale(): Promise<void> {
  await showLocale(preferredLocale());
}
