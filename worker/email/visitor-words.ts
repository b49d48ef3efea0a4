/**
 * What a mail to somebody who has not shown that an address is theirs may carry of a visitor's words (T23). Anybody can type
 * anybody's address: without this, Hilo would send a stranger's links under the company's name. Pure.
 */
import { findContactPoints, withoutUnseen, type ContactPoint } from "./find-contact-points.ts";

/** Characters (UTF-16 code units) of one message, and of all of them in one mail. */
export const WORDS_OF_MESSAGE_MAX = 500;
export const WORDS_OF_MAIL_MAX = 2_000;
/** Characters of one message that are looked at; the rest is cut in any case. */
const LOOKED_AT_MAX = 10_000;
/** Characters of a run that an agent's words share with a visitor's: from then on it is a quotation. */
export const QUOTED_RUN_MIN = 40;
/** Places in a visitor's message where the same address is looked for. */
const OCCURRENCES_MAX = 5;

/** What stands in the place of words, in the language of the mail. */
export interface WordsTexts {
  link: string;
  address: string;
  number: string;
  /** Behind words that go on elsewhere. */
  cut: string;
  /** Above a quotation. */
  writtenBy: string;
}

/** Without an address of any kind. @param text of any length; only its beginning is read */
export function leaveOutContactPoints(text: string, texts: Pick<WordsTexts, ContactPoint["kind"]>): string {
  const seen = withoutUnseen(text.slice(0, LOOKED_AT_MAX)).toWellFormed();
  return replacePoints(seen, findContactPoints(seen), texts);
}

export interface VisitorWords {
  /** What is left of one message, within what is left of the mail's allowance. */
  take: (text: string) => string;
  /** An agent's own words as they are, and what they quote of a visitor like the visitor's. */
  takeQuotes: (text: string) => string;
}

/** The allowance of one mail: whatever is asked for first is used first. @param visitorTexts what can be quoted */
export function openAllowance(texts: WordsTexts, visitorTexts: readonly string[]): VisitorWords {
  const quotable = visitorTexts.map((text) => flatten(withoutUnseen(text.slice(0, LOOKED_AT_MAX))));
  let left = WORDS_OF_MAIL_MAX;
  const take = (text: string): string => {
    const words = leaveOutContactPoints(text, texts).trim();
    const max = Math.min(WORDS_OF_MESSAGE_MAX, left);
    const isCut = words.length > max || text.length > LOOKED_AT_MAX;
    const kept = isCut ? cutAt(words, max) : words;
    left -= kept.length;
    return isCut ? `${kept} ${texts.cut}`.trim() : kept;
  };
  const takeQuotes = (text: string): string =>
    groupLines(text, quotable)
      .map(({ isQuote, lines }) =>
        isQuote
          ? [
              texts.writtenBy,
              ...take(lines.map(withoutMark).join("\n"))
                .split("\n")
                .map((line) => `> ${line}`),
            ]
          : lines.map((line) => leaveOutQuoted(line, quotable, texts)),
      )
      .flat()
      .join("\n");
  return { take, takeQuotes };
}

function replacePoints(text: string, points: readonly ContactPoint[], texts: Pick<WordsTexts, ContactPoint["kind"]>): string {
  let out = "";
  let end = 0;
  for (const point of points) {
    out += text.slice(end, point.start) + texts[point.kind];
    end = point.end;
  }
  return out + text.slice(end);
}

/** Never in the middle of a character. */
function cutAt(text: string, max: number): string {
  return text
    .slice(0, max)
    .replace(/[\uD800-\uDBFF]$/u, "")
    .toWellFormed()
    .trimEnd();
}

// Quotations

/** Each white space is one space, so that positions stay. */
function flatten(text: string): string {
  return text.replace(/\s/gu, " ");
}

const QUOTE_MARK = /^\s*(?:>\s?)+/u;

function withoutMark(line: string): string {
  return line.replace(QUOTE_MARK, "");
}

/** Lines that are quoted by a mark, or stand in a visitor's message as they are, apart from the agent's own. */
function groupLines(text: string, quotable: readonly string[]): { isQuote: boolean; lines: string[] }[] {
  const groups: { isQuote: boolean; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const bare = flatten(withoutUnseen(line)).trim();
    const isQuote =
      QUOTE_MARK.test(line) || (bare.length >= QUOTED_RUN_MIN && quotable.some((visitor) => visitor.includes(bare)));
    const last = groups.at(-1);
    if (last?.isQuote === isQuote) last.lines.push(line);
    else groups.push({ isQuote, lines: [line] });
  }
  return groups;
}

/** Of a line of the agent's own, the addresses that stand in a run of a visitor's words. */
function leaveOutQuoted(line: string, quotable: readonly string[], texts: WordsTexts): string {
  const seen = withoutUnseen(line);
  const flat = flatten(seen);
  const quoted = findContactPoints(seen).filter((point) => quotable.some((visitor) => isInRun(flat, point, visitor)));
  return quoted.length === 0 ? line : replacePoints(seen, quoted, texts);
}

function isInRun(line: string, { start, end }: ContactPoint, visitor: string): boolean {
  const point = line.slice(start, end);
  let at = visitor.indexOf(point);
  for (let look = 0; at !== -1 && look < OCCURRENCES_MAX; look += 1) {
    let before = 0;
    while (before < start && line[start - before - 1] === visitor[at - before - 1]) before += 1;
    let after = 0;
    while (end + after < line.length && line[end + after] === visitor[at + point.length + after]) after += 1;
    if (before + point.length + after >= QUOTED_RUN_MIN) return true;
    at = visitor.indexOf(point, at + 1);
  }
  return false;
}
