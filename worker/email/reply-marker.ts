/** The marks Hilo puts into the mails it sends, so that its own cutter finds them again in the answers. */

/** Classes of the element around the transcript; the first is folded by the usual mail clients too. */
export const TRANSCRIPT_CLASS = "hilo-transcript";
export const TRANSCRIPT_CLASSES = `gmail_quote ${TRANSCRIPT_CLASS}`;

/** Rule line of the text form, by language of the mailbox. */
export const REPLY_ABOVE_LINE = {
  en: "— please reply above this line —",
  es: "— responde por encima de esta línea —",
} as const;

export type ReplyMarkerLocale = keyof typeof REPLY_ABOVE_LINE;

const MARKER_PHRASES = Object.values(REPLY_ABOVE_LINE).map((line) => toPhrase(line));

/** Clients rewrite dashes and spaces, so only the words are compared. */
function toPhrase(line: string): string {
  return line
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

const MARKER_LINE_LENGTH_MAX = 120; // characters

/** Whether this line is the rule under which only our transcript follows. */
export function isReplyMarkerLine(line: string): boolean {
  if (line.length > MARKER_LINE_LENGTH_MAX) return false;
  return MARKER_PHRASES.includes(toPhrase(line));
}

/** Header that our outgoing mails carry, to recognise our own loop. */
export const LOOP_HEADER = "X-Hilo-Loop";
