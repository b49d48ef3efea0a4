import { describe, expect, it } from "vitest";
import { createI18n } from "vue-i18n";
import { en } from "../../../web/inbox/i18n/en.ts";
import { es } from "../../../web/inbox/i18n/es.ts";

interface Texts {
  [key: string]: string | Texts;
}

function flatten(texts: Texts, prefix = ""): Map<string, string> {
  const entries = Object.entries(texts).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[prefix + key, value]] : [...flatten(value, `${prefix}${key}.`)],
  );
  return new Map(entries);
}

const english = flatten(en);
const spanish = flatten(es);
const files = import.meta.glob<string>("../../../web/inbox/**/*.{vue,ts}", { query: "?raw", import: "default", eager: true });
const sources = Object.entries(files)
  .filter(([path]) => !/i18n\/(?:en|es)\.ts$/.test(path))
  .map(([path, text]) => ({ path, text }));

const placeholdersOf = (text: string) =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").toSorted((a, b) => a.localeCompare(b));

describe("the texts", () => {
  it("are all there in both languages, with the same values and the same number of forms", () => {
    expect([...spanish.keys()].toSorted()).toEqual([...english.keys()].toSorted());
    for (const [key, text] of english) {
      const other = spanish.get(key) ?? "";
      expect(other.trim(), key).not.toBe("");
      expect(placeholdersOf(other), key).toEqual(placeholdersOf(text));
      expect(other.split("|").length, key).toBe(text.split("|").length);
    }
  });

  it("can all be read by the message compiler", () => {
    for (const [locale, texts] of [
      ["en", english],
      ["es", spanish],
    ] as const) {
      const i18n = createI18n({ legacy: false, locale, messages: { en, es } });
      for (const [key, text] of texts) expect(i18n.global.t(key, { n: 2 }, 2), key).not.toBe(text === "" ? "" : key);
    }
  });

  it("are all used somewhere, by a key that is written out", () => {
    const all = sources.map(({ text }) => text).join("\n");
    const unused = [...english.keys()].filter((key) => !all.includes(`"${key}"`) && !all.includes(`'${key}'`));
    expect(unused).toEqual([]);
  });

  it("are never asked for by a key that is put together", () => {
    const dynamic = sources.filter(({ text }) => /\b(?:t|plural)\(\s*(?:`|[^)"']*\+)/.test(text)).map(({ path }) => path);
    expect(dynamic).toEqual([]);
  });

  it("are nowhere written into a template", () => {
    const found = sources
      .filter(({ path }) => path.endsWith(".vue"))
      .flatMap(({ path, text }) => {
        const template = /<template>[\s\S]*<\/template>/.exec(text)?.[0].replace(/<!--[\s\S]*?-->/g, "") ?? "";
        const words = [...template.matchAll(/>([^<>{}]*\p{L}{2,}[^<>{}]*)<\//gu)].map(([, word]) => word?.trim() ?? "");
        return words.filter((word) => !["English", "Español"].includes(word)).map((word) => `${path}: ${word}`);
      });
    expect(found).toEqual([]);
  });
});
