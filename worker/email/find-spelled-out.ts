/**
 * What people read as an address although no program does: with words for its dots and its at-sign, with spaces around them,
 * with another mark in their place. How much must stand around an ending depends on what else that is: `com` is no word,
 * `app` begins sentences, and `de` is everywhere. Pure, and linear: nothing here is repeated without a bound.
 */
import type { ContactPoint } from "./find-contact-points.ts";
import { ENDINGS } from "./top-level-endings.ts";

/** UTF-16 code units of a name that belong to what is found behind it. */
const NAME_MAX = 64;

const NOT_IN_WORD = "(?![\\p{L}\\p{N}])";
/** A path goes with its host. */
const PATH = "(?:[/:?#][^\\s<>(),;]{0,200})?";
/** Around a spelled dot: `evil-dot-com`, `evil "dot" com`. */
const AROUND = "(?:\\s{1,3}| ?[-_*~\"'`´“”‘’«»|/\\\\] ?)";
const DOT = "(?:d[o0о]t|punt[o0о])";
const AT = "(?:arr[o0о]ba)";

/** The sentence does not go on, or only by another one. */
const AT_END = "(?=[.,;:!?…)\\]»”\"'/]| {0,3}(?:\\n|$))";
const BEFORE_SENTENCE = `(?=[.,;:!?…)\\]»”"'/]| {0,3}(?:\\n|$)| {1,2}(?:y|e|o|u|and|or|para|por|con|for|with|now|ahora|hoy|today|please|then)${NOT_IN_WORD})`;
const BEFORE_PATH = "(?=/[\\p{L}\\p{N}])";
/** Behind these a dot is a thing: `el punto es`, `where the dot is`. */
const DETERMINERS =
  "(?<!(?<![^\\s¿¡(,.;:])(?:el|un|este|ese|aquel|mi|tu|su|nuestro|vuestro|cada|otro|alg[uú]n|ning[uú]n|cualquier|primer|segundo|tercer|" +
  "cuarto|quinto|[uú]ltimo|[uú]nico|siguiente|mismo|principal|mejor|peor|buen|gran|cierto|tal|qu[eé]|al|del|en|a|de|por|y|o|ni|con|sin|" +
  "hasta|desde|the|an|this|that|each|every|any|no|my|your|his|her|its|our|their|first|second|last|next|same))";
/** Behind these it is a weight, or the sign itself. */
const MEASURED = "(?<!(?<![^\\s¿¡(,.;:])(?:el|la|un|una|esta|esa|media|cada|por|de|con|sin))";

const joined = (...rules: string[]) => new RegExp(rules.join("|"), "gu");
const ending = (names: string, rest = NOT_IN_WORD) => `(?:${names})${rest}`;

/** Each begins behind a name, which belongs to it. */
const BEHIND_NAME: readonly (readonly [RegExp, "link" | "address"])[] = [
  // evil dot com, evil punto es, evil dot in.
  [
    joined(
      `(?<=\\S)${AROUND}${DOT}${AROUND}${ending(`${ENDINGS.sure}|(?!es${NOT_IN_WORD})(?:${ENDINGS.words})`)}${PATH}`,
      `(?<=\\S)${AROUND}d[o0о]t${AROUND}es${NOT_IN_WORD}${PATH}`,
      `(?<=\\S)${DETERMINERS}${AROUND}${DOT}${AROUND}es${NOT_IN_WORD}${PATH}`,
      `(?<=\\S)${DETERMINERS}${AROUND}${DOT}${AROUND}${ending(ENDINGS.small)}${BEFORE_SENTENCE}${PATH}`,
      `(?<=\\S)${AROUND}?${DOT}(?:com|net|org)${NOT_IN_WORD}${PATH}`,
    ),
    "link",
  ],
  // evil . com, evil .app, evil. com: spaces around the dot.
  [
    joined(
      `(?<=\\S)(?:\\s{1,3}[.·]\\s{0,3}|\\.\\s{1,3})${ending(ENDINGS.sure)}${PATH}`,
      `(?<=[\\p{L}\\p{N}]) {1,3}\\. {0,3}${ending(ENDINGS.words)}${BEFORE_SENTENCE}${PATH}`,
      `(?<=[\\p{L}\\p{N}])\\. {1,3}${ending(ENDINGS.longWords)}${AT_END}${PATH}`,
      `(?<=[\\p{L}\\p{N}])(?: {1,3}\\. {0,3}|\\. {1,3})${ending(`${ENDINGS.words}|${ENDINGS.small}`)}${BEFORE_PATH}${PATH}`,
    ),
    "link",
  ],
  // evil,com and bit,ly/abc: another mark in the place of the dot.
  [
    joined(
      `(?<=[\\p{L}\\p{N}])[,;:'’\`´*|~^°·•]${ending(ENDINGS.sure)}${PATH}`,
      `(?<=[\\p{L}\\p{N}])[,;]${ending(`${ENDINGS.words}|${ENDINGS.small}`)}${BEFORE_PATH}${PATH}`,
    ),
    "link",
  ],
  [new RegExp(`(?<=\\S)${MEASURED}${AROUND}${AT}${AROUND}\\S{1,64}`, "gu"), "address"],
];

const BRACKETED = /[^\s()[\]{}<>]{1,64}(?: {0,2}[([{<] ?(?:\.|dot|punto|at|arroba|@) ?[)\]}>] {0,2}[^\s()[\]{}<>,;]{1,64})+/gu;
/** www evil es. */
const NAMED_WEB = new RegExp(
  `(?<![\\p{L}\\p{N}])www[\\s.,·-]{1,3}[\\p{L}\\p{N}-]{1,63}[\\s.,·-]{1,3}${ending(`${ENDINGS.sure}|${ENDINGS.words}|${ENDINGS.small}`)}${PATH}`,
  "gu",
);

/** Single digits, at least one of them as a word, as many as a number that can be called has. */
const DIGIT =
  "(?:\\d|zero|one|two|three|four|five|six|seven|eight|nine|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve)(?![\\p{L}\\p{N}])";
const SPELLED_NUMBER = new RegExp(`(?<![\\p{L}\\p{N}])${DIGIT}(?:[\\s,.·_-]{1,3}${DIGIT}){6,30}`, "gu");
/** Numbers of three by other marks than those that phones are set with. */
const MARKED_NUMBER = /(?<![\d.,/])\d{3}([/*|~=,])\d{2,3}\1\d{2,3}(?:\1\d{1,3})?(?!\d|[.,]\d)/gu;

/** @param text folded: in small, plain letters */
export function* findSpelledOut(text: string): Generator<ContactPoint> {
  for (const [pattern, kind] of BEHIND_NAME)
    for (const { 0: match, index } of text.matchAll(pattern))
      yield { kind, start: startOfName(text, index), end: index + match.length };
  for (const { 0: match, index } of [...text.matchAll(BRACKETED), ...text.matchAll(NAMED_WEB)])
    yield { kind: "link", start: index, end: index + match.length };
  for (const { 0: match, index } of [...text.matchAll(SPELLED_NUMBER), ...text.matchAll(MARKED_NUMBER)])
    yield { kind: "number", start: index, end: index + match.length };
}

/** Marks before which a name begins: what stands in brackets or quotation marks is found with them left where they are. */
const NO_NAME = /[\s<>()[\]{}"“”«»,;¿¡]/u;

function startOfName(text: string, end: number): number {
  let start = end;
  while (start > 0 && end - start < NAME_MAX && !NO_NAME.test(text.charAt(start - 1))) start -= 1;
  // Never in the middle of a character.
  return /^[\uDC00-\uDFFF]/u.test(text.slice(start, start + 1)) && start > 0 ? start - 1 : start;
}
