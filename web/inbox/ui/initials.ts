/** Up to two initials of a name or address: `Ana Ruiz` → `AR`, `ana@example.com` → `A`; empty text → `?`. */
export function initialsOf(name: string): string {
  const local = name.replace(/@.*$/u, "");
  // A number, as in a visitor's code, is no name; unless there is nothing else.
  const words = local.match(/(?<![\p{L}\p{N}])\p{L}[\p{L}\p{N}]*/gu) ?? local.match(/\p{N}+/gu) ?? [];
  const first = words[0];
  if (first === undefined) return "?";
  const last = words.length > 1 ? words.at(-1) : undefined;
  const initials = [first, last].map((word) => (word === undefined ? "" : (Array.from(word)[0] ?? ""))).join("");
  return initials.toUpperCase();
}

/** A hue that always is the same for the same seed, so that people can be told apart at a glance. */
export function hueOf(seed: string): number {
  let hash = 0;
  for (const character of seed) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return Math.abs(hash) % 360;
}
