/** Dates as they are really written in mail headers. */

const DATE_LENGTH_MAX = 200; // characters
const YEAR_MIN = 1970;
/** Later years are a broken clock; the date is only shown, so it is better left out. */
const YEAR_MAX = 2100;

/** Epoch ms, or null where the header cannot be read. */
export function parseMailDate(value: string): number | null {
  const text = value
    .slice(0, DATE_LENGTH_MAX)
    .replace(/\([^()]*\)/g, " ")
    .replace(/\bUT\b/, "UTC")
    .replace(/([+-]\d{2}):?(\d{2})\b.*$/, "$1$2")
    .replace(/(\d{1,2})\.(\d{2})\.(\d{2})(?=\s|$)/, "$1:$2:$3")
    .trim();
  if (!/\d/.test(text)) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) return null;
  const year = new Date(time).getUTCFullYear();
  return year >= YEAR_MIN && year <= YEAR_MAX ? time : null;
}
