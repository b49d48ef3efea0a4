/** Which conversation of the product is which of the model. */
import { CONVERSATIONS, type ConversationName, type World } from "../world.ts";
import type { ConversationId } from "./driver.ts";

export class Places {
  readonly #ids = new Map<ConversationName, ConversationId>();

  bind(name: ConversationName, id: ConversationId): void {
    this.#ids.set(name, id);
  }

  idOf(name: ConversationName): ConversationId | null {
    return this.#ids.get(name) ?? null;
  }

  nameOf(id: ConversationId): ConversationName | null {
    return [...this.#ids].find(([, known]) => known === id)?.[0] ?? null;
  }

  /** A conversation that has begun in the model with this step is the one that the product has just named. */
  bindNew(id: ConversationId, world: World, before: World): void {
    if (this.nameOf(id) !== null) return;
    const begun = CONVERSATIONS.find((name) => before.conversations[name] === null && world.conversations[name] !== null);
    if (begun !== undefined) this.bind(begun, id);
  }
}
