import type { MailLine } from "./mail-line.ts";
import { isRule } from "./strip-quotes-headers.ts";
import { CLOSINGS, SENT_FROM } from "./strip-quotes-words.ts";

/** Finds signatures: below `-- `, below *Sent from my phone*, list footers, and blocks under a formal closing. */

/** Below `--` without its space (RFC 3676 §4.3 wants one) more than this is text, not a signature. */
const LOOSE_SIGNATURE_LINES_MAX = 20;
const FOOTER_LINES_MAX = 8;
const CLOSING_BLOCK_LINES_MIN = 2;
const CLOSING_BLOCK_LINES_MAX = 10;
const CLOSING_LINE_LENGTH_MAX = 70; // characters
const SENT_FROM_LENGTH_MAX = 100; // characters
const SENT_FROM_WORDS_MAX = 9;

const LIST_FOOTER =
  /mailing list|listinfo|unsubscribe|google groups|abmelden|se désabonner|darse de baja|cancelar la suscripción/i;

/** Non-empty lines from `start` to the next quote or the end, counted up to `limit` + 1. */
function countText(lines: readonly MailLine[], start: number, limit: number): number {
  let count = 0;
  for (let i = start; i < lines.length && count <= limit; i++) {
    if (lines[i]?.depth !== 0) break;
    if (lines[i]?.bare !== "") count++;
  }
  return count;
}

function isSentFrom(bare: string): boolean {
  if (bare.length > SENT_FROM_LENGTH_MAX) return false;
  const text = bare.replace(/[<(]?https?:\/\/[^\s>)]{1,300}[>)]?/g, "").replace(/[\s*_[\]]+$|^[*_[\]]+/g, "");
  // A sentence goes on or ends in a full stop: *Sent from my desk, is much easier than my phone.*
  const isSentence = /,|[.!?。]$/.test(text) && !/(?:gesendet|secure email|conquer)\.?$/i.test(text);
  if (isSentence || text.split(" ").length > SENT_FROM_WORDS_MAX) return false;
  return SENT_FROM.test(text.replace(/\.$/, ""));
}

function isListFooter(lines: readonly MailLine[], start: number): boolean {
  if (!/^_{2,}$/.test(lines[start]?.bare ?? "") && !isRule(lines[start]?.bare ?? "")) return false;
  if (countText(lines, start + 1, FOOTER_LINES_MAX) > FOOTER_LINES_MAX) return false;
  return lines.slice(start + 1, start + 1 + FOOTER_LINES_MAX).some((line) => LIST_FOOTER.test(line.bare));
}

/** Whether a signature begins at this line of the sender's own text. */
export function isSignatureStart(lines: readonly MailLine[], index: number): boolean {
  const line = lines[index];
  if (!line || line.bare === "") return false;
  if (line.role === "signature") return true;
  if (line.bare === "--") {
    return /^--\s$/.test(line.text) || countText(lines, index + 1, LOOSE_SIGNATURE_LINES_MAX) <= LOOSE_SIGNATURE_LINES_MAX;
  }
  return isSentFrom(line.bare) || isListFooter(lines, index);
}

/**
 * Where a signature block under a formal closing begins (*Kind regards, Ana Pérez, Head of Things*), or `end`.
 * A closing with only a name below stays: it is how people end what they say.
 */
export function findClosing(lines: readonly MailLine[], start: number, end: number): number {
  let below = 0;
  for (let i = end - 1; i > start && below <= CLOSING_BLOCK_LINES_MAX; i--) {
    const bare = lines[i]?.bare ?? "";
    if (bare === "") continue;
    if (CLOSINGS.test(bare)) return below >= CLOSING_BLOCK_LINES_MIN ? i : end;
    // A sentence below the closing is an afterthought, no signature.
    if (bare.length > CLOSING_LINE_LENGTH_MAX || /^\S+ \S+ \S.*[.?]$/.test(bare)) return end;
    below++;
  }
  return end;
}
