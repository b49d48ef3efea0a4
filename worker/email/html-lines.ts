import { type ContainerKind, containerKind } from "./html-containers.ts";
import { decodeEntities } from "./html-entities.ts";
import { type HtmlTag, readAttributes, scanHtml } from "./html-tokens.ts";
import { type MailLine, toMailLine } from "./mail-line.ts";
import { doAtOnce, type Steps } from "./pace.ts";
import { type ReadingBudget, WHOLE_BUDGET } from "./reading-budget.ts";

/** HTML mail → lines of text that know where they come from: reply, quote or signature. */

const STACK_MAX = 500; // open elements remembered
const CLOSE_SEARCH_MAX = 60; // open elements looked through for the one an end tag closes
const DEPTH_SHOWN_MAX = 10; // quote marks written

const BLOCKS = new Set(
  (
    "address article aside blockquote body center dd details dir div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 " +
    "header hr html li main menu nav ol p pre section summary table tbody tfoot thead tr ul"
  ).split(" "),
);
const SPACED = new Set("h1 h2 h3 h4 h5 h6 p ul ol dl pre table".split(" "));
const VOID = new Set("area base br col embed hr img input link meta param source track wbr".split(" "));

interface Open {
  name: string;
  kind: ContainerKind | null;
  isSpaced: boolean;
  hadBlockquote: boolean;
  itemNumber: number;
}

class LineBuilder {
  readonly lines: MailLine[] = [];
  private readonly html: string;
  private readonly linesMax: number;
  private readonly stack: Open[] = [];
  /** Of the open elements those that hold a quoted mail, and those that are lists. */
  private readonly containers: Open[] = [];
  private readonly lists: Open[] = [];
  /** Pieces of the line being built: growing one string and looking at its end is quadratic. */
  private pieces: string[] = [];
  private endsInSpace = false;
  private role: MailLine["role"] = "text";
  private end = 0;
  private wantsBlank = false;
  private isRestCut = false;
  private quoteDepth = 0;
  private preDepth = 0;
  private signatureDepth = 0;
  private prefix = "";

  constructor(html: string, linesMax: number) {
    this.html = html;
    this.linesMax = linesMax;
  }

  get isFull(): boolean {
    return this.lines.length >= this.linesMax;
  }

  onText(start: number, end: number): void {
    if (this.isFull) return;
    const decoded = decodeEntities(this.html.slice(start, end)).replace(/\u00a0/g, " ");
    if (this.preDepth === 0) return this.append(decoded.replace(/[ \t\r\n\f]+/g, " "), end);
    const [first = "", ...others] = decoded.split("\n");
    this.append(first, end);
    for (const line of others) {
      this.breakLine();
      this.append(line, end);
    }
  }

  onOpen(tag: HtmlTag): void {
    const { name } = tag;
    if (name === "br") return this.breakLine();
    if (name === "td" || name === "th") this.append(" ", tag.start);
    if (BLOCKS.has(name)) this.flush();
    const attributes = readAttributes(this.html, tag);
    if (name === "img") {
      this.append(emojiOf(attributes.get("alt") ?? ""), tag.end);
      this.notePicture(tag.end);
    }
    const kind = containerKind(name, attributes);
    if (kind === "cut-rest") this.isRestCut = true;
    if (VOID.has(name) || tag.isSelfClosing || this.stack.length >= STACK_MAX) return;
    const isSpaced = SPACED.has(name) && !isTight(attributes);
    if (isSpaced && this.lines.length > 0) this.wantsBlank = true;
    if (name === "li") this.prefix = this.itemPrefix();
    this.push({ name, kind, isSpaced, hadBlockquote: false, itemNumber: Number(attributes.get("start")) || 1 });
  }

  onClose(name: string): void {
    const bottom = Math.max(0, this.stack.length - CLOSE_SEARCH_MAX);
    let index = this.stack.length - 1;
    while (index >= bottom && this.stack[index]?.name !== name) index--;
    if (BLOCKS.has(name)) this.flush();
    if (index < bottom) return;
    while (this.stack.length > index) this.pop();
  }

  finish(): MailLine[] {
    this.flush();
    return this.lines;
  }

  private push(open: Open): void {
    this.stack.push(open);
    if (open.kind === "quote") this.containers.push(open);
    if (isList(open)) this.lists.push(open);
    if (open.name === "blockquote") this.quoteDepth++;
    if (open.name === "pre") this.preDepth++;
    if (open.kind === "signature") this.signatureDepth++;
  }

  private pop(): void {
    const open = this.stack.pop();
    if (!open) return;
    if (open.kind === "quote") this.containers.pop();
    if (isList(open)) this.lists.pop();
    if (open.name === "pre") this.preDepth--;
    if (open.kind === "signature") this.signatureDepth--;
    if (open.isSpaced) this.wantsBlank = true;
    if (open.name !== "blockquote") return;
    this.quoteDepth--;
    const container = this.containers.at(-1);
    if (container) container.hadBlockquote = true;
  }

  private itemPrefix(): string {
    const list = this.lists.at(-1);
    return list?.name === "ol" ? `${list.itemNumber++}. ` : "- ";
  }

  /** Text between the block quotes of a quoting container is an answer written into the quote. */
  private currentRole(): MailLine["role"] {
    if (this.isRestCut) return "quote";
    const { containers } = this;
    const isAnswer = containers.length === 1 && containers[0]?.hadBlockquote === true && this.quoteDepth === 0;
    if (containers.length > 0 && !isAnswer) return "quote";
    return this.signatureDepth > 0 ? "signature" : "text";
  }

  private append(text: string, end: number): void {
    const isLineStart = this.pieces.length === 0;
    const added = (isLineStart || this.endsInSpace) && this.preDepth === 0 ? text.trimStart() : text;
    if (!added) return;
    if (isLineStart) {
      if (this.wantsBlank) this.addLine("", end);
      this.wantsBlank = false;
      this.role = this.currentRole();
      if (this.prefix) this.pieces.push(this.prefix);
      this.prefix = "";
    }
    this.pieces.push(added);
    this.endsInSpace = added.endsWith(" ");
    this.end = end;
  }

  /** A picture has no text and so no line; it belongs to the one that it stands in or below. */
  private notePicture(end: number): void {
    const last = this.lines.at(-1);
    if (this.pieces.length > 0) this.end = end;
    else if (last !== undefined && last.role === this.currentRole()) last.htmlEnd = end;
  }

  private addLine(text: string, end: number): void {
    const marks = ">".repeat(Math.min(this.quoteDepth, DEPTH_SHOWN_MAX));
    const role = text === "" ? this.currentRole() : this.role;
    if (!this.isFull) this.lines.push(toMailLine(marks ? `${marks} ${text}` : text, role, end));
  }

  private flush(): void {
    const text = this.pieces.join("").trimEnd();
    this.pieces = [];
    this.endsInSpace = false;
    if (text) this.addLine(text, this.end);
  }

  private breakLine(): void {
    const count = this.lines.length;
    this.flush();
    if (this.lines.length === count) this.addLine("", this.end);
  }
}

/** Outlook's paragraphs and those without margins are lines, not paragraphs. */
function isTight(attributes: Map<string, string>): boolean {
  const style = attributes.get("style") ?? "";
  return /mso/i.test(attributes.get("class") ?? "") || /margin(?:-bottom)?\s*:\s*0/i.test(style);
}

/** Some clients send emoji as images; a longer `alt` is no part of the text. */
function emojiOf(alt: string): string {
  const text = decodeEntities(alt);
  return text.length <= 8 && /\p{Extended_Pictographic}/u.test(text) ? text : "";
}

const isList = ({ name }: Open): boolean => name === "ol" || name === "ul";

/**
 * @param html without what nobody sees: `dropHiddenText`
 * @returns the lines, and how far the HTML was read
 */
export function* readHtmlLines(
  html: string,
  { lines, tags }: Pick<ReadingBudget, "lines" | "tags">,
): Steps<{ lines: MailLine[]; end: number }> {
  const builder = new LineBuilder(html, lines);
  const end = yield* scanHtml(html, builder, tags);
  return { lines: builder.finish(), end };
}

export function htmlToLines(html: string): MailLine[] {
  return doAtOnce(readHtmlLines(html, WHOLE_BUDGET)).lines;
}
