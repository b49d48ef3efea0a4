import type { WidgetSettings } from "../../../worker/domain/settings.ts";

function escapeAttribute(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/**
 * The tag that a site puts in. Colour, position and text of the bubble travel as attributes, so that it is drawn
 * without any request.
 */
export function makeSnippet(origin: string, widget: WidgetSettings, language: "en" | "es"): string {
  const attributes = [
    ["src", `${origin}/widget.js`],
    ["data-colour", widget.colour],
    ["data-position", widget.position],
    ["data-launcher-text", widget.launcherText[language]],
  ] as const;
  const written = attributes.filter(([, value]) => value !== "").map(([name, value]) => `${name}="${escapeAttribute(value)}"`);
  return `<script ${written.join(" ")} async></script>`;
}
