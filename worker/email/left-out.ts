/** What of a mail was not read, because it is more than a person reads or a machine should. Pure. */
import type { LeftOut, LeftOutKind } from "../../durable-objects/conversation/protocol.ts";

/** Counts what is left out while a mail is read, by kind. */
export class LeftOutCount {
  readonly #counts = new Map<LeftOutKind, number>();

  add(kind: LeftOutKind, count: number): void {
    if (count > 0) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
  }

  list(): LeftOut[] {
    return [...this.#counts].map(([kind, count]) => ({ kind, count }));
  }
}

/** With one more, which may be of a kind that is there already. */
export function addLeftOut(list: readonly LeftOut[], more: LeftOut): LeftOut[] {
  const count = new LeftOutCount();
  for (const { kind, count: known } of [...list, more]) count.add(kind, known);
  return count.list();
}
