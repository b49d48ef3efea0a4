/** The colours that mails write, as far as it takes to tell whether a text can be seen. Pure. */

export type Colour = readonly [red: number, green: number, blue: number] | "transparent";

const NAMES: Readonly<Record<string, Colour>> = {
  transparent: "transparent",
  black: [0, 0, 0],
  silver: [192, 192, 192],
  gray: [128, 128, 128],
  grey: [128, 128, 128],
  white: [255, 255, 255],
  whitesmoke: [245, 245, 245],
  snow: [255, 250, 250],
  ivory: [255, 255, 240],
  ghostwhite: [248, 248, 255],
  mintcream: [245, 255, 250],
  floralwhite: [255, 250, 240],
  azure: [240, 255, 255],
  aliceblue: [240, 248, 255],
  maroon: [128, 0, 0],
  red: [255, 0, 0],
  purple: [128, 0, 128],
  green: [0, 128, 0],
  lime: [0, 255, 0],
  yellow: [255, 255, 0],
  navy: [0, 0, 128],
  blue: [0, 0, 255],
  teal: [0, 128, 128],
  orange: [255, 165, 0],
};
/** UTF-16 code units; what is longer is no colour. */
const COLOUR_LENGTH_MAX = 100;
/** An alpha below it is none, to the eye. */
const ALPHA_SEEN_MIN = 0.05;
/** Steps of 255 in each part that two colours may differ and still look alike. */
const ALIKE_MAX = 15;

const HEX = /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/;
const FUNCTION =
  /^rgba?\(\s*(\d{1,3})(?:\s*,\s*|\s+)(\d{1,3})(?:\s*,\s*|\s+)(\d{1,3})\s*(?:[,/]\s*((?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?)(%?)\s*)?\)$/;
/** Of colours in other words only this is read. */
const ALPHA =
  /^(?:rgb|hsl)a?\(\s*[^\s,/()]+(?:\s*,\s*|\s+)[^\s,/()]+(?:\s*,\s*|\s+)[^\s,/()]+\s*[,/]\s*((?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?)(%?)\s*\)$/;

/** Null for what is no colour, or one that is not known here. */
export function parseColour(text: string): Colour | null {
  if (text.length > COLOUR_LENGTH_MAX) return null;
  const value = text.trim().toLowerCase();
  const hex = HEX.exec(value)?.[1];
  if (hex !== undefined) return parseHex(hex);
  const parts = FUNCTION.exec(value);
  if (parts === null) return isSeenThrough(ALPHA.exec(value)) ? "transparent" : (NAMES[value] ?? null);
  const [, red, green, blue, alpha = "1", percent] = parts;
  if (isSeenThrough(["", alpha, percent ?? ""])) return "transparent";
  return [Number(red), Number(green), Number(blue)];
}

function isSeenThrough(alpha: readonly string[] | null): boolean {
  const [, value = "1", percent] = alpha ?? [];
  return Number(value) / (percent === "%" ? 100 : 1) < ALPHA_SEEN_MIN;
}

function parseHex(hex: string): Colour {
  const long = hex.length < 6 ? hex.replace(/./g, "$&$&") : hex;
  const [red = 0, green = 0, blue = 0, alpha = 255] = (long.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return alpha / 255 < ALPHA_SEEN_MIN ? "transparent" : [red, green, blue];
}

export function isAlike(one: Colour, other: Colour): boolean {
  if (one === "transparent" || other === "transparent") return one === other;
  return one.every((part, index) => Math.abs(part - (other[index] ?? 0)) <= ALIKE_MAX);
}

const LAYER_PART = /[a-z-]+\([^()]*\)|[^\s,()]+/gi;
const GRADIENT_COLOUR = /#[0-9a-f]{3,8}\b|rgba?\([\d.,%\s/]+\)/i;

/** The colour in a `background` shorthand, as it is written there, of a gradient its first; null where it has none. */
export function findBackgroundColour(value: string): string | null {
  const text = value.trim();
  // A name alone is a colour's, also one that is not known here.
  if (/^[a-z]{3,20}$/i.test(text)) return text;
  if (/gradient\(/i.test(text)) return GRADIENT_COLOUR.exec(text)?.[0] ?? null;
  return text.match(LAYER_PART)?.find((part) => parseColour(part) !== null) ?? null;
}
