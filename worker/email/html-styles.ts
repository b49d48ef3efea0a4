/** The style attributes of mails: what lays out text may stay, what loads, covers or leaves its place may not. */
import { findBackgroundColour } from "./html-colours.ts";
import { isSteady, PX_PER_REM, readFont, readFontSize, readLength } from "./html-lengths.ts";

/** UTF-16 code units of one style attribute; a longer one is dropped. */
const STYLE_LENGTH_MAX = 4_000;

const VALUE_LENGTH_MAX = 200;

const PROPERTIES = new Set([
  "background-color",
  "border-collapse",
  "border-radius",
  "border-spacing",
  "color",
  "direction",
  "display",
  "font",
  "font-family",
  "font-size",
  "font-style",
  "font-variant",
  "font-weight",
  "height",
  "letter-spacing",
  "line-height",
  "list-style-type",
  "max-width",
  "min-width",
  "table-layout",
  "text-align",
  "text-decoration",
  "text-decoration-line",
  "text-indent",
  "text-transform",
  "unicode-bidi",
  "vertical-align",
  "white-space",
  "width",
  "word-break",
  "word-spacing",
  "word-wrap",
  "overflow-wrap",
]);
/** `border…` and `padding…` with their sides; margins could be negative and cover what is beside them. */
const PROPERTY_FAMILIES = /^(?:border|padding)(?:-(?:top|right|bottom|left))?(?:-(?:color|style|width))?$/;
/** Margins without a minus. */
const MARGIN = /^margin(?:-(?:top|right|bottom|left))?$/;
/** What would draw letters into each other, or away. `html-hidden.ts` has taken out what it hid. */
const SPACING = /^(?:letter|word)-spacing$/;
/** Pixels that a first line may stand out to the left. */
const INDENT_PX_MIN = -100;
/** Pixels of a font whose size depends on the window. */
const FONT_PX_MIN = 9;
/** Neither functions that load or compute, nor escapes or comments that could hide them. */
const PLAIN_VALUE = /^(?:[a-z0-9#%.,+!\s'"-]|\/(?!\*)|(?:rgba?|hsla?)\([\d.,%\s/]+\))+$/i;

/**
 * The declarations that may stay, or "" where none may. Splitting at every semicolon is enough: values in which a
 * semicolon could be quoted or in brackets are not plain. Without the picture behind it a text has no colour either:
 * white on what was a photograph would be white on white.
 */
export function sanitiseStyle(style: string): string {
  // What a comment is depends on what is quoted around it: browsers could find declarations there that nobody else did.
  if (style.length > STYLE_LENGTH_MAX || style.includes("/*")) return "";
  const declarations = style.split(";").map(readDeclaration);
  const hasLostGround = declarations.some(({ property, value }) => isBackground(property) && groundOf(value) === null);
  const hasGround = declarations.some((one) => one.property.startsWith("background") && sanitiseDeclaration(one) !== "");
  return declarations
    .filter(({ property }) => !(property === "color" && hasLostGround && !hasGround))
    .map(sanitiseDeclaration)
    .filter((declaration) => declaration !== "")
    .join(";");
}

interface Declaration {
  /** Lower-case; "" where it is none. */
  property: string;
  value: string;
}

function readDeclaration(text: string): Declaration {
  const colon = text.indexOf(":");
  if (colon === -1) return { property: "", value: "" };
  return { property: text.slice(0, colon).trim().toLowerCase(), value: text.slice(colon + 1).trim() };
}

const isBackground = (property: string): boolean => property === "background" || property === "background-image";

/** Of a background in one word or many its colour, which most newsletters and signatures write so. Null for none. */
function groundOf(value: string): string | null {
  const plain = value.replace(/!\s*important$/i, "").trimEnd();
  return /^(?:none|inherit|initial|unset)$/i.test(plain) ? "transparent" : findBackgroundColour(plain);
}

function sanitiseDeclaration({ property, value }: Declaration): string {
  if (property === "background") {
    const colour = groundOf(value);
    return colour === null ? "" : `background-color:${colour}`;
  }
  if (value === "" || value.length > VALUE_LENGTH_MAX) return "";
  if (property === "font-size" || property === "font") return sanitiseFont(property, value);
  if (!isPlain(value) || (property === "text-indent" && !isNearIndent(value))) return "";
  if (MARGIN.test(property) || SPACING.test(property)) return value.includes("-") ? "" : `${property}:${value}`;
  return PROPERTIES.has(property) || PROPERTY_FAMILIES.test(property) ? `${property}:${value}` : "";
}

const IMPORTANT = /\s*!\s*important$/i;

/**
 * So that the frame makes of a size what was made of it when hidden text was looked for: one that depends on the window,
 * or is computed, becomes one that can be read, and what is none goes. A browser may skip a `font` that was read.
 */
function sanitiseFont(property: string, value: string): string {
  const plain = value.replace(IMPORTANT, "").toLowerCase();
  const size = property === "font" ? readFont(plain)?.size : plain;
  const px = size === undefined ? null : readFontSize(size, PX_PER_REM);
  if (px === null || size === undefined) return "";
  const steady = isSteady(size) ? size : `${Math.max(FONT_PX_MIN, Math.round(px))}px`;
  const declaration = `font-size:${steady}${IMPORTANT.test(value) ? " !important" : ""}`;
  return property === "font" && isSteady(size) && isPlain(value) ? `font:${value};${declaration}` : declaration;
}

function isNearIndent(value: string): boolean {
  const plain = value.replace(IMPORTANT, "").toLowerCase();
  const px = readLength(plain, { em: PX_PER_REM, share: null });
  return /^[a-z-]+$/.test(plain) || (px !== null && isSteady(plain) && px >= INDENT_PX_MIN);
}

const isPlain = (value: string): boolean => PLAIN_VALUE.test(value) && countQuotes(value) % 2 === 0;

function countQuotes(value: string): number {
  return value.replace(/[^'"]/g, "").length;
}
