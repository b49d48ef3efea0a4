/** Where in a text an address stands. Walks from each `@`, so that its time is linear in any text. Pure. */

/** Sticky: what stands before an `@`, the `@`, and what follows it. */
const TOKEN = String.raw`\p{L}\p{N}._%+=-`;
const PATTERNS = {
  /** As people write it within words. */
  plain: new RegExp(String.raw`(?<=([${TOKEN}]{1,64}))@([\p{L}\p{N}.-]{1,190})`, "uy"),
  /** Anything between blanks and brackets. */
  loose: /(?<=([^\s<>()[\]"'«»,;:]{1,64}))@([^\s<>()[\]"'«»,;:]{1,190})/uy,
};

export interface FoundAddress {
  text: string;
  index: number;
}

export function* findAddressesIn(text: string, kind: keyof typeof PATTERNS, atSignsMax: number): Generator<FoundAddress> {
  const pattern = PATTERNS[kind];
  let behind = 0;
  for (let at = text.indexOf("@"), count = 0; at >= 0 && count < atSignsMax; at = text.indexOf("@", Math.max(at + 1, behind))) {
    count += 1;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const [, local = "", domain = ""] = match;
    const start = Math.max(behind, at - local.length);
    behind = at + 1 + domain.length;
    if (start < at) yield { text: text.slice(start, behind), index: start };
  }
}

/** The first address of a short text; null where there is none. */
export function firstAddressIn(text: string): FoundAddress | null {
  const { value } = findAddressesIn(text, "loose", Number.POSITIVE_INFINITY).next();
  return value === undefined ? null : value;
}
