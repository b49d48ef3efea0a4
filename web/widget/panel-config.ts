/** The public settings, read with suspicion: each field that is missing or odd falls back to the panel's own text. */
import { parseColour } from "./colour.ts";
import { isRecord } from "../shared/record.ts";
import type { Texts } from "./texts.ts";

export interface PanelConfig {
  readonly title: string;
  readonly greeting: string;
  readonly capture: string;
  readonly isCaptureShown: boolean;
  readonly colour: string | null;
}

export function parseConfig(value: unknown, locale: "en" | "es", texts: Texts): PanelConfig {
  const config = isRecord(value) ? value : {};
  const localized = (name: string, fallback: string): string => {
    const field = config[name];
    const text = isRecord(field) ? field[locale] : null;
    return typeof text === "string" && text.trim() !== "" ? text : fallback;
  };
  return {
    title: localized("title", texts.title),
    greeting: localized("greeting", texts.greeting),
    capture: localized("captureText", texts.capture),
    isCaptureShown: config["isCaptureShown"] !== false,
    colour: parseColour(config["colour"]),
  };
}
