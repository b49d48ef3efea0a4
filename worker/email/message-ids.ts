/** Message-IDs as they are really written: with or without brackets, folded, several in one header. */

const ID_LENGTH_MAX = 998; // RFC 5322 §2.1.1, a whole line
const IDS_MAX = 200;
/** A mail without a Message-ID is never dropped: it gets one made of its bytes. */
export const GENERATED_ID_PREFIX = "gen-";

function cleanId(value: string): string | null {
  const id = value.replace(/[\s<>]+/g, "").replace(/^["',;]+|["',;]+$/g, "");
  return id.length > 0 && id.length <= ID_LENGTH_MAX ? id : null;
}

/** All ids of an `In-Reply-To` or `References` header, without brackets or repeats, in order. */
export function parseMessageIds(value: string): string[] {
  const ids = new Set<string>();
  let rest = "";
  let position = 0;
  while (position < value.length && ids.size < IDS_MAX) {
    const open = value.indexOf("<", position);
    const close = open < 0 ? -1 : value.indexOf(">", open);
    if (close < 0) break;
    rest += ` ${value.slice(position, open)}`;
    const id = cleanId(value.slice(open + 1, close));
    if (id) ids.add(id);
    position = close + 1;
  }
  rest += ` ${value.slice(position)}`;
  // Words outside brackets count only when they look like an id: `Your message of Monday` does not.
  for (const word of rest.split(/[\s,]+/)) {
    const id = word.includes("@") || (ids.size === 0 && rest.trim() === word) ? cleanId(word) : null;
    if (id && ids.size < IDS_MAX) ids.add(id);
  }
  return [...ids];
}

/** The id of the mail itself; null where the header holds none. */
export function parseMessageId(value: string): string | null {
  return parseMessageIds(value)[0] ?? cleanId(value);
}
