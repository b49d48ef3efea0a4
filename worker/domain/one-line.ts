/** Text that somebody gave of themselves, as it may stand in the middle of other text. Pure. */

/** What ends a line, or changes the direction or the look of what comes after it. */
const LINE_BREAKERS = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/** On one line, without what could make it look like something else, and without halves of characters (T12, T15). */
export function toOneLine(text: string): string {
  return text.replace(LINE_BREAKERS, " ").toWellFormed().trim();
}
