/**
 * Text that a mail has and its reader does not see: previews for lists (preheaders), words for filters, and words that are
 * put between those one sees. It is no part of what the sender says, so it goes before anything reads the HTML: what agents
 * read, search and see in lists is what the sender's reader sees, and the HTML view shows the same.
 */
import { isPictureHidden, isTextHidden, type Look, lookOf, PLAIN } from "./html-looks.ts";
import { type HtmlTag, readAttributes, scanHtml } from "./html-tokens.ts";
import type { Steps } from "./pace.ts";
import { BYTES_PER_STEP, type ReadingBudget } from "./reading-budget.ts";

const STACK_MAX = 500; // open elements remembered
const CLOSE_SEARCH_MAX = 60; // open elements looked through for the one an end tag closes
/** Nothing of this is in most mails that people write: they are not looked at twice. */
const SUSPICION =
  /\bhidden\b|display|visibility|opacity|font|colou?r|height|width|indent|position|margin|clip|scale|mso-hide|zoom|spacing|<small|<su[bp]|<h[56]|&#|\\/i;
const RULES = /<style[\s>]/i;
/** UTF-16 code units that are searched for one of these between two yields, and of the longest word that is searched. */
const SEARCHED_LENGTH = 16_384;
const WORD_LENGTH_MAX = 12;
/** Steps of putting together what is left. */
const JOIN_STEPS = 200;

const VOID = new Set("area base br col embed hr img input link meta param source track wbr".split(" "));
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
    if (isTextHidden(this.#look())) return this.#cut(start, end);
    this.hasText ||= /\S/.test(this.#html.slice(start, end));
  }

  onOpen(tag: HtmlTag): void {
    this.#endImplied(tag.name);
    const attributes = readAttributes(this.#html, tag);
    const look = lookOf({ name: tag.name, attributes, hasRules: this.#hasRules }, this.#look());
    if (tag.name === "img") this.#onPicture(tag, look);
    if ((tag.name === "br" || tag.name === "hr") && isTextHidden(look)) this.#cut(tag.start, tag.end);
    if (!VOID.has(tag.name) && !tag.isSelfClosing && this.#stack.length < STACK_MAX) this.#stack.push({ name: tag.name, look });
  }

  #onPicture(tag: HtmlTag, look: Look): void {
    if (isPictureHidden(look)) this.#cut(tag.start, tag.end);
    else this.hasText = true;
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
}

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
