import { computed, type ComputedRef } from "vue";
import { useI18n } from "vue-i18n";
import type { en } from "./en.ts";
import type { Locale } from "./i18n.ts";

type PathsOf<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${PathsOf<T[K]>}` }[keyof T & string];

/** Every text there is; a key that does not exist is a type error. */
export type TextKey = PathsOf<typeof en>;
type Values = Record<string, string | number>;

export interface Texts {
  t: (key: TextKey, values?: Values) => string;
  /** The form of `key` for `count`, which is also the value `n`. */
  plural: (key: TextKey, count: number, values?: Values) => string;
  locale: ComputedRef<Locale>;
}

/** Texts in the agent's language, with keys that the compiler checks. */
export function useText(): Texts {
  const { t, locale } = useI18n();
  return {
    t: (key, values = {}) => t(key, values),
    plural: (key, count, values = {}) => t(key, { n: count, ...values }, count),
    locale: computed(() => (locale.value === "es" ? "es" : "en")),
  };
}
