/** The event of a calendar invitation (RFC 5545, RFC 5546), as much as a card shows. Pure, bounded. */

import { decodeBytes } from "./charsets.ts";
import type { Invitation } from "../../durable-objects/conversation/protocol.ts";

/** Characters of a calendar that are looked at. */
const CALENDAR_LENGTH_MAX = 256 * 1024;
const LINES_MAX = 5_000;
/** UTF-16 code units of one field. */
const FIELD_LENGTH_MAX = 300;

interface Line {
  name: string;
  parameters: string;
  value: string;
}

/**
 * @param charset as the part declares it
 * @returns null where there is no event with a time
 */
export function parseInvitation(bytes: Uint8Array, charset = ""): Invitation | null {
  const text = decodeBytes(bytes.subarray(0, CALENDAR_LENGTH_MAX), charset);
  const lines = unfold(text);
  const start = lines.findIndex(({ name, value }) => name === "BEGIN" && value.toUpperCase() === "VEVENT");
  if (start < 0) return null;
  const event = ownLines(lines.slice(start + 1));
  const find = (name: string): Line | undefined => event.find((line) => line.name === name);
  const begin = find("DTSTART");
  const at = begin === undefined ? null : timeOf(begin.value);
  if (begin === undefined || at === null) return null;
  const end = timeOf(find("DTEND")?.value ?? "");
  const zone = /(?:^|;)TZID="?([^";]{1,100})/i.exec(begin.parameters)?.[1];
  const location = textOf(find("LOCATION"));
  const organiser = organiserOf(find("ORGANIZER"));
  return {
    kind: kindOf(lines.find(({ name }) => name === "METHOD")?.value ?? ""),
    summary: textOf(find("SUMMARY")) ?? "",
    start: at,
    ...(end === null ? {} : { end }),
    ...(zone === undefined ? {} : { zone: cleanField(zone) }),
    ...(organiser === null ? {} : { organiser }),
    ...(location === null ? {} : { location }),
  };
}

/** A line that begins with white space goes on with the one before. */
function unfold(text: string): Line[] {
  const joined = text.replace(/\r?\n[ \t]/g, "").split(/\r?\n/, LINES_MAX);
  return joined.flatMap((line) => {
    const match = /^([A-Za-z0-9-]{1,60})((?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(.*)$/.exec(line.slice(0, 4_000));
    const [, name = "", parameters = "", value = ""] = match ?? [];
    return match === null ? [] : [{ name: name.toUpperCase(), parameters, value }];
  });
}

/** Of an event, without those of the alarms in it. */
function ownLines(lines: Line[]): Line[] {
  const own: Line[] = [];
  let depth = 0;
  for (const line of lines) {
    if (line.name === "BEGIN") depth += 1;
    else if (line.name === "END") {
      if (depth === 0) break;
      depth -= 1;
    } else if (depth === 0) own.push(line);
  }
  return own;
}

function timeOf(value: string): string | null {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z?))?$/i.exec(value.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = "00", utc = ""] = match;
  const date = `${year}-${month}-${day}`;
  const text = hour === undefined ? date : `${date}T${hour}:${minute}:${second}${utc.toUpperCase()}`;
  return Number.isNaN(Date.parse(text)) ? null : text;
}

function kindOf(method: string): Invitation["kind"] {
  const known = method.trim().toUpperCase();
  if (known === "REQUEST" || known === "PUBLISH") return "request";
  if (known === "CANCEL") return "cancel";
  return known === "REPLY" ? "reply" : "other";
}

function textOf(line: Line | undefined): string | null {
  const text = (line?.value ?? "").replace(/\\([\\;,nN])/g, (_all, char: string) => (/n/i.test(char) ? " " : char));
  return cleanField(text) || null;
}

function organiserOf(line: Line | undefined): string | null {
  if (line === undefined) return null;
  const name = /(?:^|;)CN=(?:"([^"]{1,200})"|([^;:"]{1,200}))/i.exec(line.parameters);
  const address = line.value.replace(/^mailto:/i, "");
  const shown = name?.[1] ?? name?.[2];
  return cleanField(shown === undefined ? address : `${shown} <${address}>`) || null;
}

/** One line, without characters that steer. */
function cleanField(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")
    .trim()
    .slice(0, FIELD_LENGTH_MAX);
}
