/**
 * Text that a mail has and its reader does not see: previews for lists (preheaders), words for filters, and words that are
 * put between those one sees. It is no part of what the sender says, so it goes before anything reads the HTML: what agents
 * read, search and see in lists is what the sender's reader sees, and the HTML view shows the same.
 */
import { type Colour, findBackgroundColour, isAlike, parseColour } from "./html-colours.ts";
import { type HtmlTag, readAttributes, scanHtml } from "./html-tokens.ts";
import type { Steps } from "./pace.ts";
import { BYTES_PER_STEP, type ReadingBudget } from "./reading-budget.ts";

/** Pixels; below it a text is a line at most. */
const FONT_PX_SEEN_MIN = 3;
const OPACITY_SEEN_MIN = 0.05;
/** Pixels of a box that still shows nothing of its text. */
const BOX_PX_MAX = 1;
/** Pixels that something must be moved aside to be outside of every window. */
const OUTSIDE_PX = 300;
const PX_PER_EM = 16;
const PX_PER_PT = 4 / 3;

/** UTF-16 code units of a value that says how something looks. */
const VALUE_LENGTH_MAX = 200;
const STACK_MAX = 500; // open elements remembered
const CLOSE_SEARCH_MAX = 60; // open elements looked through for the one an end tag closes
/** Nothing of this is in most mails that people write: they are not looked at twice. */
const SUSPICION = /\bhidden\b|display|visibility|opacity|font|colou?r|height|width|indent|position|margin|clip|scale|mso-hide/i;
const RULES = /<style[\s>]/i;
/** UTF-16 code units that are searched for one of these between two yields, and of the longest word that is searched. */
const SEARCHED_LENGTH = 16_384;
const WORD_LENGTH_MAX = 12;
/** Steps of putting together what is left. */
const JOIN_STEPS = 200;

const VOID = new Set("area base br col embed hr img input link meta param source track wbr".split(" "));
const SHOWN_WITHOUT_TEXT = new Set(["img", "br", "hr"]);
/** Which open elements a start tag ends, where their own end tags were left out. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  li: ["li"],
  dt: ["dt", "dd"],
  dd: ["dt", "dd"],
  td: ["td", "th"],
  th: ["td", "th"],
  tr: ["tr", "td", "th"],
  tbody: ["tr", "td", "th", "thead", "tbody"],
};
const ENDS_PARAGRAPH = new Set(
  "address article aside blockquote center div dl fieldset footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul".split(
    " ",
  ),
);
/** Such omissions do not reach beyond these. */
const SCOPE = new Set(["table", "ul", "ol", "dl", "body", "html"]);

/** How text in an element looks. */
interface Look {
  /** Nothing in it can be seen, whatever it says of itself. */
  isGone: boolean;
  /** The others are inherited, and an element inside can say otherwise. */
  isTiny: boolean;
  isInvisible: boolean;
  isOutside: boolean;
  /** Null where it is not known. */
  colour: Colour | null;
  ground: Colour | null;
}

const PLAIN: Look = { isGone: false, isTiny: false, isInvisible: false, isOutside: false, colour: null, ground: null };

function isHidden({ isGone, isTiny, isInvisible, isOutside, colour, ground }: Look): boolean {
  if (isGone || isTiny || isInvisible || isOutside || colour === "transparent") return true;
  return colour !== null && ground !== null && isAlike(colour, ground);
}

type Style = ReadonlyMap<string, string>;

const IMPORTANT = "!important";

/** Lower-case; of a property that is given twice the later counts, unless the earlier insists. */
function readStyle(text: string): Style {
  const style = new Map<string, string>();
  const important = new Set<string>();
  for (const declaration of text.toLowerCase().split(";")) {
    const colon = declaration.indexOf(":");
    const name = declaration.slice(0, Math.max(0, colon)).trim();
    const value = declaration.slice(colon + 1).trim();
    const isImportant = value.endsWith(IMPORTANT);
    if (value.length > VALUE_LENGTH_MAX || (important.has(name) && !isImportant)) continue;
    if (isImportant) important.add(name);
    style.set(name, isImportant ? value.slice(0, -IMPORTANT.length).trimEnd() : value);
  }
  return style;
}

/** Pixels; null for what is no length, or a share of something. */
function toPx(value: string | undefined): number | null {
  const [, number, unit = ""] = /^(-?(?:\d+(?:\.\d+)?|\.\d+))(px|pt|em|rem|)$/.exec(value ?? "") ?? [];
  if (number === undefined) return null;
  const px = unit === "pt" ? PX_PER_PT : unit === "em" || unit === "rem" ? PX_PER_EM : 1;
  return Number(number) * px;
}

const isBelow = (value: string | undefined, px: number): boolean => (toPx(value) ?? Number.POSITIVE_INFINITY) <= px;

function isGone(style: Style): boolean {
  const has = (name: string, pattern: RegExp): boolean => pattern.test(style.get(name) ?? "");
  const [, opacity, percent] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(style.get("opacity") ?? "") ?? [];
  if (opacity !== undefined && Number(opacity) / (percent === "%" ? 100 : 1) < OPACITY_SEEN_MIN) return true;
  if (has("display", /^none$/) || has("mso-hide", /^all$/) || isBelow(style.get("max-height"), 0)) return true;
  const isCut = has("overflow", /^(?:hidden|clip)/);
  const isNothing = ["height", "width", "max-height", "max-width"].some((name) => isBelow(style.get(name), BOX_PX_MAX));
  if (isCut && isNothing) return true;
  const isMoved =
    has("position", /^(?:absolute|fixed)$/) && ["left", "top", "right", "bottom"].some((side) => isFar(style, side));
  if (isMoved || ["margin-left", "margin-top"].some((side) => isFar(style, side))) return true;
  return (
    has("clip", /^rect\(\s*[01](?:px)?(?:[\s,]+[01](?:px)?){3}\s*\)$/) ||
    has("clip-path", /^inset\((?:50|100)%\)$/) ||
    has("transform", /scale[xy]?\(\s*0(?:\.0+)?\s*[,)]/)
  );
}

const isFar = (style: Style, name: string): boolean => isBelow(style.get(name), -OUTSIDE_PX);

/** Null where the element says nothing of its font's size. */
function isTinyFont(style: Style, parent: boolean): boolean | null {
  const size =
    style.get("font-size") ?? /(?:^|\s)(\d{0,5}\.?\d{1,5}(?:px|pt|em|rem|%)?)(?=\s|\/)/.exec(style.get("font") ?? "")?.[1];
  if (size === undefined || size === "inherit") return null;
  const share = /^(\d+(?:\.\d+)?|\.\d+)(em|%)$/.exec(size);
  // A share of nothing is nothing.
  if (share !== null) return parent || (Number(share[1]) / (share[2] === "%" ? 100 : 1)) * PX_PER_EM < FONT_PX_SEEN_MIN;
  return (toPx(size) ?? FONT_PX_SEEN_MIN) < FONT_PX_SEEN_MIN;
}

class HiddenText {
  readonly isFull = false;
  readonly pieces: string[] = [];
  hasCut = false;
  /** Whether anything is left that can be seen. */
  hasText = false;
  #end = 0;
  readonly #html: string;
  /** A mail with rules of its own may colour every element that has a class: what it looks like is not known then. */
  readonly #hasRules: boolean;
  readonly #stack: { name: string; look: Look }[] = [];

  constructor(html: string, hasRules: boolean) {
    this.#html = html;
    this.#hasRules = hasRules;
  }

  /** @param looked how far the HTML was looked at */
  finish(looked: number): SeenHtml {
    const rest = this.#html.slice(this.#end);
    const html = [...this.pieces, rest].join("");
    return { html, end: html.length - (this.#html.length - looked) };
  }

  onText(start: number, end: number): void {
    if (isHidden(this.#look())) return this.#cut(start, end);
    this.hasText ||= /\S/.test(this.#html.slice(start, end));
  }

  onOpen(tag: HtmlTag): void {
    this.#endImplied(tag.name);
    const look = this.#lookOf(tag);
    if (tag.name === "img" && !isHidden(look)) this.hasText = true;
    if (SHOWN_WITHOUT_TEXT.has(tag.name) && isHidden(look)) this.#cut(tag.start, tag.end);
    if (!VOID.has(tag.name) && !tag.isSelfClosing && this.#stack.length < STACK_MAX) this.#stack.push({ name: tag.name, look });
  }

  onClose(name: string): void {
    const bottom = Math.max(0, this.#stack.length - CLOSE_SEARCH_MAX);
    let index = this.#stack.length - 1;
    while (index >= bottom && this.#stack[index]?.name !== name) index -= 1;
    if (index >= bottom) this.#stack.length = index;
  }

  #endImplied(name: string): void {
    const index = this.#findOutermost(ENDS[name] ?? (ENDS_PARAGRAPH.has(name) ? ["p"] : []));
    if (index >= 0) this.#stack.length = index;
  }

  /** @returns the outermost open element of these that still is in scope, or -1 */
  #findOutermost(names: readonly string[]): number {
    let found = -1;
    if (names.length === 0) return found;
    const bottom = Math.max(0, this.#stack.length - CLOSE_SEARCH_MAX);
    for (let index = this.#stack.length - 1; index >= bottom; index -= 1) {
      const name = this.#stack[index]?.name ?? "";
      if (SCOPE.has(name)) break;
      if (names.includes(name)) found = index;
    }
    return found;
  }

  #look(): Look {
    return this.#stack.at(-1)?.look ?? PLAIN;
  }

  #cut(start: number, end: number): void {
    this.hasCut ||= /\S/.test(this.#html.slice(start, end));
    this.pieces.push(this.#html.slice(this.#end, start));
    this.#end = end;
  }

  #lookOf(tag: HtmlTag): Look {
    const parent = this.#look();
    const attributes = readAttributes(this.#html, tag);
    const isMarked = hasHiddenMark(this.#html, tag);
    // Links have a colour of their own.
    if (attributes.size === 0 && !isMarked) return tag.name === "a" ? { ...parent, colour: null } : parent;
    const style = readStyle(attributes.get("style") ?? "");
    const hasClass = this.#hasRules && (attributes.has("class") || attributes.has("id"));
    const inherited = tag.name === "a" || hasClass ? null : parent.colour;
    const visibility = style.get("visibility");
    const indent = toPx(style.get("text-indent"));
    return {
      isGone: parent.isGone || isMarked || isGone(style),
      isTiny: isTinyFont(style, parent.isTiny) ?? parent.isTiny,
      isInvisible: visibility === undefined || visibility === "inherit" ? parent.isInvisible : visibility !== "visible",
      isOutside: indent === null ? parent.isOutside : indent <= -OUTSIDE_PX,
      colour: parseColour(style.get("color") ?? "") ?? parseAttribute(attributes.get("color")) ?? inherited,
      ground: groundOf(attributes, style) ?? (hasGround(attributes, style) || hasClass ? null : parent.ground),
    };
  }
}

/** The attribute `hidden`, which has no value. */
function hasHiddenMark(html: string, tag: HtmlTag): boolean {
  const text = html.slice(tag.start, Math.min(tag.end, tag.start + 2_000));
  return /hidden/i.test(text) && /\shidden(?=[\s/>=])/i.test(text.replace(/"[^"]*"|'[^']*'/g, '""'));
}

type Attributes = ReadonlyMap<string, string>;

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
const parseAttribute = (value = ""): Colour | null => parseColour(value) ?? parseColour(`#${value}`);

export interface SeenHtml {
  html: string;
  /** How far of it was looked at; what is beyond may hide something, and becomes no text (T19). */
  end: number;
}

/** The HTML without the texts and pictures that nobody sees; as it is where nothing would be left. */
export function* dropHiddenText(html: string, { tags }: Pick<ReadingBudget, "tags">): Steps<SeenHtml> {
  if (!(yield* holds(html, SUSPICION))) return { html, end: html.length };
  const hidden = new HiddenText(html, yield* holds(html, RULES));
  const looked = yield* scanHtml(html, hidden, tags);
  yield JOIN_STEPS;
  return hidden.hasCut && hidden.hasText ? hidden.finish(looked) : { html, end: looked };
}

/** A word may be cut at the end of what is searched at once, so that searches overlap. */
function* holds(html: string, pattern: RegExp): Steps<boolean> {
  for (let at = 0; at < html.length; at += SEARCHED_LENGTH) {
    if (pattern.test(html.slice(at, at + SEARCHED_LENGTH + WORD_LENGTH_MAX))) return true;
    yield SEARCHED_LENGTH / BYTES_PER_STEP;
  }
  return false;
}
