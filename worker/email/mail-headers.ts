/** Header fields by lower-case name, every occurrence in order, unfolded and not decoded. */
export type MailHeaders = ReadonlyMap<string, readonly string[]>;

/** First value of a header; empty where there is none. */
export function firstHeader(headers: MailHeaders, name: string): string {
  return headers.get(name)?.find((value) => value.trim() !== "") ?? "";
}

export function toHeaders(entries: Iterable<{ key: string; value: string }>): MailHeaders {
  const headers = new Map<string, string[]>();
  for (const { key, value } of entries) {
    const values = headers.get(key);
    if (values) values.push(value);
    else headers.set(key, [value]);
  }
  return headers;
}

const HEADER_TEXT_LENGTH_MAX = 100_000; // characters
const HEADER_TEXT_LINES_MAX = 2_000;

/** Reads header lines from a text, up to its first empty line; lines that are none are passed over. */
export function parseHeaderText(text: string): MailHeaders {
  const entries: { key: string; value: string }[] = [];
  for (const line of text.slice(0, HEADER_TEXT_LENGTH_MAX).split(/\r?\n/, HEADER_TEXT_LINES_MAX)) {
    if (line.trim() === "") {
      if (entries.length > 0) break;
      continue;
    }
    const last = entries.at(-1);
    if (/^[ \t]/.test(line) && last) {
      last.value += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(":");
    if (colon > 0) entries.push({ key: line.slice(0, colon).trim().toLowerCase(), value: line.slice(colon + 1).trim() });
  }
  return toHeaders(entries);
}
