/** Message-IDs as they are really written: with or without brackets, folded, several in one header. */

import { MESSAGE_IDS_MAX } from "./reading-budget.ts";

const ID_LENGTH_MAX = 998; // RFC 5322 §2.1.1, a whole line
/** The conversation may be known by the id that began it; the newest tell most. */
const OLDEST_IDS = 20;
/** Characters of one header that are looked at, at its beginning and at its end. */
const HEAD_LENGTH = 2_000;
const TAIL_LENGTH = 30_000;
/** A mail without a Message-ID is never dropped: it gets one made of its bytes. */
export const GENERATED_ID_PREFIX = "gen-";

function cleanId(value: string): string | null {
  const id = value.replace(/[\s<>]+/g, "").replace(/^["',;]+|["',;]+$/g, "");
  return id.length > 0 && id.length <= ID_LENGTH_MAX ? id : null;
}

/** All ids of an `In-Reply-To` or `References` header, without brackets or repeats, in order; of many, the most telling. */
export function parseMessageIds(value: string): string[] {
  const isLong = value.length > HEAD_LENGTH + TAIL_LENGTH;
  // What is cut in two is none: it would be another id.
  const text = isLong
    ? `${value.slice(0, HEAD_LENGTH).replace(/\S+$/, "")} ${value.slice(-TAIL_LENGTH).replace(/^[^\s<]+/, "")}`
    : value;
  return keepTelling(readIds(text));
}

/** @param ids the oldest first */
export function keepTelling(ids: readonly string[]): string[] {
  if (ids.length <= MESSAGE_IDS_MAX) return [...ids];
  return [...ids.slice(0, OLDEST_IDS), ...ids.slice(OLDEST_IDS - MESSAGE_IDS_MAX)];
}

function readIds(value: string): string[] {
  const ids = new Set<string>();
  const outside: string[] = [];
  let position = 0;
  while (position < value.length) {
    const open = value.indexOf("<", position);
    const close = open < 0 ? -1 : value.indexOf(">", open);
    if (close < 0) break;
    outside.push(value.slice(position, open));
    const id = cleanId(value.slice(open + 1, close));
    if (id) ids.add(id);
    position = close + 1;
  }
  outside.push(value.slice(position));
  const words = outside
    .join(" ")
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  const isAlone = ids.size === 0 && words.length === 1;
  // Words outside brackets count only when they look like an id: `Your message of Monday` does not.
  for (const word of words) {
    const id = word.includes("@") || isAlone ? cleanId(word) : null;
    if (id) ids.add(id);
  }
  return [...ids];
}

/** The id of the mail itself; null where the header holds none. */
export function parseMessageId(value: string): string | null {
  return parseMessageIds(value)[0] ?? cleanId(value);
}
