/** The body of a mail: its parts put together as a mail client would show them, and cut into reply and rest. Pure. */
import { repairControls } from "./charsets.ts";
import { dropHiddenText } from "./html-hidden.ts";
import { readHtmlLines } from "./html-lines.ts";
import type { LeftOutCount } from "./left-out.ts";
import { splitLines } from "./mail-line.ts";
import type { Steps } from "./pace.ts";
import type { SplitPart } from "./part-body.ts";
import { readPartText } from "./part-text.ts";
import type { ReadingBudget } from "./reading-budget.ts";
import { cutQuotes, type StrippedMail } from "./strip-quotes.ts";

export interface Body {
  text: string;
  /** Without what its sender hid from readers. */
  html: string | null;
  /** With it. */
  fullHtml: string | null;
  stripped: StrippedMail;
}

/** What the parser made of the skeleton: marks in the order in which the parts are shown. */
interface MarkedBody {
  text: string;
  html: string;
}

interface BodyOptions {
  budget: ReadingBudget;
  leftOut: LeftOutCount;
  nonce: string;
  parts: readonly SplitPart[];
}

/** Puts the words of the parts where their marks are. */
export function* fillBody(marked: MarkedBody, options: BodyOptions): Steps<MarkedBody> {
  const { budget, leftOut, nonce, parts } = options;
  const texts = new Map<number, string>();
  let lines = budget.lines;
  for (const index of marksIn(`${marked.text}\n${marked.html}`, nonce)) {
    const part = parts[index];
    if (part === undefined || texts.has(index)) continue;
    const text = yield* readPartText(part, { lines, leftOut });
    texts.set(index, text);
    lines -= part.header.type === "text/html" ? 0 : countLines(text, lines);
  }
  const isHtml = (index: number): boolean => parts[index]?.header.type === "text/html";
  const pattern = new RegExp(`${nonce}:(\\d{1,6})\\n?`, "g");
  const fill = (body: string, wordsOf: (index: number) => string): string =>
    body.replace(pattern, (_mark, digits: string) => wordsOf(Number(digits)));
  return {
    // HTML among plain texts has words of its own only where the mail has no HTML body, and then there is none.
    text: fill(marked.text, (index) => (isHtml(index) ? "" : (texts.get(index) ?? ""))),
    html: fill(marked.html, (index) => (isHtml(index) ? (texts.get(index) ?? "") : escapeText(texts.get(index) ?? ""))),
  };
}

function* marksIn(body: string, nonce: string): Generator<number> {
  for (const [, digits = ""] of body.matchAll(new RegExp(`${nonce}:(\\d{1,6})`, "g"))) yield Number(digits);
}

/** Up to a limit. */
function countLines(text: string, limit: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && count < limit; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** A plain text within HTML. */
function escapeText(text: string): string {
  return text
    .trim()
    .replace(/[<>"'?&]/g, (char) => `&#x${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")};`)
    .replaceAll("\n", "<br />");
}

/** Characters that are cleaned between two yields. */
const SLICE_LENGTH = 16_384;
const SLICE_STEPS = 100;

function* cleanBody(text: string, max: number): Steps<string> {
  const pieces: string[] = [];
  for (let at = 0; at < Math.min(text.length, max); at += SLICE_LENGTH) {
    pieces.push(repairControls(text.slice(at, Math.min(max, at + SLICE_LENGTH))).replaceAll("\u0000", ""));
    yield SLICE_STEPS;
  }
  return pieces.join("");
}

/** The HTML part is what the sender saw; the plain one stands in where it is empty. */
export function* readBody(filled: MarkedBody, subject: string, { budget, leftOut }: BodyOptions): Steps<Body> {
  const fullHtml = (yield* cleanBody(filled.html, budget.htmlBytes)) || null;
  const plain = yield* cleanBody(filled.text, budget.textBytes);
  const seen = yield* dropHiddenText(fullHtml ?? "", budget);
  const html = fullHtml === null ? null : seen.html;
  const { lines, end } = yield* readHtmlLines(seen.html.slice(0, seen.end), budget);
  leftOut.add("html", seen.html.length - end);
  if (lines.some((line) => line.bare !== "")) {
    const stripped = yield* cutQuotes(lines, subject);
    return { text: lines.map((line) => line.text).join("\n"), html, fullHtml, stripped };
  }
  const { lines: plainLines, rest } = yield* splitLines(plain);
  const stripped = yield* cutQuotes(plainLines, subject);
  const quoted = rest ? [stripped.quoted, rest.trim()].filter(Boolean).join("\n") : stripped.quoted;
  return { text: plain, html, fullHtml, stripped: { ...stripped, quoted } };
}
