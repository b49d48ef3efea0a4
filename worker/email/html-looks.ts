/** How text in an element looks, by what the element and those around it say of themselves. Pure. */
import { type Colour, findBackgroundColour, isAlike, parseColour } from "./html-colours.ts";
import { readStyle, type Style } from "./html-declarations.ts";
import { decodeEntities } from "./html-entities.ts";
import { PX_PER_REM, readFontSize, readLength, readNumber, WINDOW_PX } from "./html-lengths.ts";

/** Pixels; below it a text is a line at most. */
const FONT_PX_SEEN_MIN = 3;
/** Pixels; sizes multiply through all elements around a text. */
const FONT_PX_MAX = 10_000;
const OPACITY_SEEN_MIN = 0.05;
/** Of a picture's size. */
const SCALE_SEEN_MIN = 0.05;
/** Em; letters are about half as wide as high: moved back by that they are all in one place, or run backwards. */
const SPACING_EM_SEEN_MIN = -0.5;
/** Pixels of a box that still shows nothing of its text. */
const BOX_PX_MAX = 1;
/** Pixels that something must be moved aside to be outside of every window. */
const OUTSIDE_PX = 300;

/** How text in an element looks. */
export interface Look {
  /** Nothing in it can be seen, whatever it says of itself. */
  isGone: boolean;
  /** These two multiply through all elements around it. */
  opacity: number;
  scale: number;
  /** The others are inherited, and an element inside can say otherwise. */
  fontPx: number;
  spacingPx: number;
  /** Its lines have no height in a box that has none either and cuts off what is over. */
  isFlat: boolean;
  isInvisible: boolean;
  isOutside: boolean;
  /** Null where it is not known. */
  colour: Colour | null;
  ground: Colour | null;
}

export const PLAIN: Look = {
  isGone: false,
  opacity: 1,
  scale: 1,
  fontPx: PX_PER_REM,
  spacingPx: 0,
  isFlat: false,
  isInvisible: false,
  isOutside: false,
  colour: null,
  ground: null,
};

/** Whether a picture in it cannot be seen: that needs no font, no lines and no colour. */
export function isPictureHidden({ isGone, opacity, scale, isInvisible, isOutside }: Look): boolean {
  return isGone || opacity < OPACITY_SEEN_MIN || scale < SCALE_SEEN_MIN || isInvisible || isOutside;
}

export function isTextHidden(look: Look): boolean {
  const { fontPx, scale, spacingPx, isFlat, colour, ground } = look;
  if (isPictureHidden(look) || isFlat || colour === "transparent") return true;
  if (fontPx * scale < FONT_PX_SEEN_MIN || (spacingPx < 0 && spacingPx <= fontPx * SPACING_EM_SEEN_MIN)) return true;
  return colour !== null && ground !== null && isAlike(colour, ground);
}

export type Attributes = ReadonlyMap<string, string>;

/** Elements that change the size of their font, as a share of the one around. */
const FONT_SHARES: Readonly<Record<string, number>> = {
  small: 1 / 1.2,
  sub: 1 / 1.2,
  sup: 1 / 1.2,
  big: 1.2,
  h5: 0.83,
  h6: 0.67,
};
/** Pixels of `<font size>`, 1 to 7. */
const FONT_SIZES = [10, 13, 16, 18, 24, 32, 48];
const FONT_SIZE_PLAIN = 3;

export interface Element {
  name: string;
  attributes: Attributes;
  /** A mail with rules of its own may colour every element that has a class: what it looks like is not known then. */
  hasRules: boolean;
}

export function lookOf({ name, attributes, hasRules }: Element, parent: Look): Look {
  const base = withFont(name, parent);
  // Links have a colour of their own.
  if (attributes.size === 0) return name === "a" ? { ...base, colour: null } : base;
  const style = readStyle(decodeEntities(attributes.get("style") ?? ""));
  const hasClass = hasRules && (attributes.has("class") || attributes.has("id"));
  const inherited = name === "a" || hasClass ? null : parent.colour;
  const visibility = style.get("visibility");
  const fontPx = Math.min(FONT_PX_MAX, fontOf(style, name, attributes, { parent, base }));
  const indent = readLength(style.get("text-indent") ?? "", { em: fontPx, share: WINDOW_PX });
  return {
    isGone: parent.isGone || attributes.has("hidden") || isGone(style, fontPx),
    opacity: parent.opacity * opacityOf(style),
    scale: parent.scale * scaleOf(style),
    fontPx,
    spacingPx: spacingOf(style.get("letter-spacing"), fontPx) ?? parent.spacingPx,
    isFlat: isFlat(style, fontPx, parent) ?? parent.isFlat,
    isInvisible: visibility === undefined || visibility === "inherit" ? parent.isInvisible : visibility !== "visible",
    isOutside: indent === null ? parent.isOutside : indent <= -OUTSIDE_PX,
    colour: parseColour(style.get("color") ?? "") ?? parseAttribute(attributes.get("color")) ?? inherited,
    ground: groundOf(attributes, style) ?? (hasGround(attributes, style) || hasClass ? null : parent.ground),
  };
}

function withFont(name: string, parent: Look): Look {
  const share = FONT_SHARES[name];
  return share === undefined ? parent : { ...parent, fontPx: parent.fontPx * share };
}

interface Fonts {
  /** The element around it, of which shares are. */
  parent: Look;
  /** What it is without a style. */
  base: Look;
}

function fontOf(style: Style, name: string, attributes: Attributes, { parent, base }: Fonts): number {
  const stated = readFontSize(style.get("font-size") ?? "", parent.fontPx);
  if (stated !== null) return stated;
  const [, sign, digits] = /^\s*([+-]?)(\d{1,2})/.exec((name === "font" && attributes.get("size")) || "") ?? [];
  if (digits === undefined) return base.fontPx;
  const size = sign === "" ? Number(digits) : FONT_SIZE_PLAIN + Number(`${sign}${digits}`);
  return FONT_SIZES[Math.max(1, Math.min(FONT_SIZES.length, size)) - 1] ?? base.fontPx;
}

/** Null where the element says nothing of it. */
function spacingOf(value: string | undefined, em: number): number | null {
  if (value === "normal" || value === "initial") return 0;
  return readLength(value ?? "", { em, share: em });
}

/** Lines without height alone hide nothing: they lie upon each other. Null where the element says nothing of it. */
function isFlat(style: Style, fontPx: number, parent: Look): boolean | null {
  const value = style.get("line-height");
  if (value === undefined || value === "inherit") return null;
  const isShare = /^[\d.]+(?:e[+-]?\d+)?$/.test(value);
  const px = (readLength(value, { em: fontPx, share: fontPx }) ?? Number.POSITIVE_INFINITY) * (isShare ? fontPx : 1);
  if (px > BOX_PX_MAX) return false;
  const hasHeight = ["height", "min-height"].some((name) => /[1-9]/.test(style.get(name) ?? ""));
  return parent.isFlat || (isCut(style) && !hasHeight);
}

const isCut = (style: Style): boolean =>
  ["overflow", "overflow-y"].some((name) => /^(?:hidden|clip)/.test(style.get(name) ?? ""));

function opacityOf(style: Style): number {
  if (style.size === 0) return 1;
  const filter = style.get("filter") ?? style.get("-webkit-filter") ?? "";
  const values = [style.get("opacity"), ...[...filter.matchAll(/\bopacity\(([^()]*)\)/g)].map(([, value]) => value)];
  return values.reduce((product, value) => product * Math.max(0, Math.min(1, readNumber(value ?? "") ?? 1)), 1);
}

/** What its text and pictures are shrunk by. */
function scaleOf(style: Style): number {
  if (style.size === 0) return 1;
  // Browsers take a zoom of 0 for none.
  const zoom = Math.abs(readNumber(style.get("zoom") ?? "") ?? 1) || 1;
  const transform = style.get("transform") ?? style.get("-webkit-transform") ?? "";
  const scales = [...transform.matchAll(/\bscale(?:x|y|3d)?\(([^()]*)\)/g)].map(([, values = ""]) => smallest(values.split(",")));
  return [zoom, smallest((style.get("scale") ?? "").split(/\s+/)), ...scales].reduce((product, one) => product * one, 1);
}

/** Of the factors across and down. */
const smallest = (factors: readonly string[]): number =>
  Math.min(...factors.slice(0, 2).map((factor) => Math.abs(readNumber(factor) ?? 1)));

function isGone(style: Style, em: number): boolean {
  if (style.size === 0) return false;
  const has = (name: string, pattern: RegExp): boolean => pattern.test(style.get(name) ?? "");
  const isBelow = (name: string, px: number, share: number | null = null): boolean =>
    (readLength(style.get(name) ?? "", { em, share }) ?? Number.POSITIVE_INFINITY) <= px;
  if (has("display", /^none$/) || has("mso-hide", /^all$/) || isBelow("max-height", 0)) return true;
  const isNothing = ["height", "width", "max-height", "max-width"].some((name) => isBelow(name, BOX_PX_MAX));
  if (has("overflow", /^(?:hidden|clip)/) && isNothing) return true;
  const isMoved =
    has("position", /^(?:absolute|fixed)$/) &&
    ["left", "top", "right", "bottom"].some((side) => isBelow(side, -OUTSIDE_PX, WINDOW_PX));
  if (isMoved || ["margin-left", "margin-top"].some((side) => isBelow(side, -OUTSIDE_PX))) return true;
  return has("clip", /^rect\(\s*[01](?:px)?(?:[\s,]+[01](?:px)?){3}\s*\)$/) || has("clip-path", /^inset\((?:50|100)%\)$/);
}

function hasGround(attributes: Attributes, style: Style): boolean {
  const stated = style.get("background-color") ?? style.get("background") ?? attributes.get("bgcolor");
  return attributes.has("background") || style.has("background-image") || !/^(?:|none|inherit|transparent)$/.test(stated ?? "");
}

/** The one colour that is behind its text; null where it has none of its own, or a picture. */
function groundOf(attributes: Attributes, style: Style): Colour | null {
  const shorthand = style.get("background") ?? "";
  if (attributes.has("background") || style.has("background-image") || /url\(|gradient/.test(shorthand)) return null;
  const stated = style.get("background-color") ?? findBackgroundColour(shorthand);
  const colour = stated === null ? parseAttribute(attributes.get("bgcolor")) : parseColour(stated);
  return colour === "transparent" ? null : colour;
}

/** Colours of attributes are written without the mark, too. */
const parseAttribute = (value = ""): Colour | null => parseColour(decodeEntities(value)) ?? parseColour(`#${value}`);
