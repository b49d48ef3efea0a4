/** One line of a mail body, as the cutter sees it: plain text and HTML both become these. */
import type { Steps } from "./pace.ts";
import { WHOLE_BUDGET } from "./reading-budget.ts";

export interface MailLine {
  /** As shown, with its quote marks. */
  text: string;
  /** Without quote marks, invisible characters and white space around it. */
  bare: string;
  /** Number of quote marks. */
  depth: number;
  /** What the markup around it says; always `text` in plain mails. */
  role: "text" | "quote" | "signature";
  /** Offset in the HTML source behind this line's last character; -1 in plain mails. */
  htmlEnd: number;
}

/** Longer bodies are read up to here; what follows is shown as it is, folded. */
export const LINES_MAX = WHOLE_BUDGET.lines;
/** Of each line this much is looked at; nothing that matters stands further right. */
const LINE_LENGTH_MAX = 1_000; // characters

/** A look at the clock of steps after so many lines. */
const LINES_AT_ONCE = 50;

const QUOTE_MARKS_MAX = 50;
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

/** Reads the `>` marks in front of a line. */
function readMarks(text: string): { depth: number; rest: string } {
  let depth = 0;
  let position = 0;
  while (position < text.length && depth < QUOTE_MARKS_MAX) {
    const char = text[position];
    if (char === ">") depth++;
    else if (char !== " " && char !== "\t" && char !== "\u00a0") break;
    position++;
  }
  return depth === 0 ? { depth, rest: text } : { depth, rest: text.slice(position) };
}

export function toMailLine(text: string, role: MailLine["role"] = "text", htmlEnd = -1): MailLine {
  const visible = text.slice(0, LINE_LENGTH_MAX).replace(INVISIBLE, "");
  const { depth, rest } = readMarks(visible);
  return { text, bare: rest.replace(/[\s\u00a0]+/g, " ").trim(), depth, role, htmlEnd };
}

/** Lines of a plain text, at most `LINES_MAX`, and the rest as it is. */
export function* splitLines(text: string): Steps<{ lines: MailLine[]; rest: string }> {
  const lines: MailLine[] = [];
  let start = 0;
  while (start <= text.length && lines.length < LINES_MAX) {
    const lf = text.indexOf("\n", start);
    const end = lf < 0 ? text.length : lf;
    const line = text.slice(start, end);
    lines.push(toMailLine(line.endsWith("\r") ? line.slice(0, -1) : line));
    start = end + 1;
    if (lines.length % LINES_AT_ONCE === 0) yield LINES_AT_ONCE;
  }
  return { lines, rest: start <= text.length ? text.slice(start) : "" };
}

/** Text of some lines, without empty ones around it and never more than two empty ones in a row. */
export function joinLines(lines: readonly MailLine[]): string {
  const text = lines.map((line) => line.text.trimEnd()).join("\n");
  return trimBlankLines(text.replace(/\n{4,}/g, "\n\n\n"));
}

/** Drops empty lines at both ends; the first line keeps its indent. */
export function trimBlankLines(text: string): string {
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "\n") start = i + 1;
    else if (char !== " " && char !== "\t" && char !== "\r" && char !== "\u00a0" && char !== "\ufeff") break;
  }
  return text.slice(start).trimEnd();
}
