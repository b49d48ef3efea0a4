/**
 * What a product does otherwise than the model, on purpose and in plain sight: it may do less, and the model then follows it.
 * A habit never lets anything be shown that the model would not show.
 */
import type { Action } from "../model.ts";
import type { ConversationName, SessionName, World } from "../world.ts";

/** A step that was taken. */
export interface Followed {
  before: World;
  world: World;
  action: Action;
  /** Where the mail with this word came in, wherever it has been moved since; null where none did. */
  bornIn: (word: string) => ConversationName | null;
}

export interface Habits {
  /** Whether the product may refuse a step although the model takes it; then neither has. */
  mayRefuse: (world: World, action: Action) => boolean;
  /** Whether a step is tried that the model has nothing to say of. */
  isTried: (world: World, action: Action) => boolean;
  /** Whether a mail may be elsewhere than in the conversation that it names, as one that names none. */
  mayStray: (world: World, action: Action) => boolean;
  /** Whether a step is left out of a history where the world is like this. */
  isLeftOut: (world: World, action: Action) => boolean;
  /** Whether the product may refuse a session that the model lets in. */
  mayRefuseSession: (world: World, session: SessionName) => boolean;
  /** A step that is not the model's: where a mail goes, say. Null where there is nothing of its own. */
  take: (world: World, action: Action) => World | null;
  /** The world as it is in this product after a step. */
  follow: (step: Followed) => World;
}

export const NO_HABITS: Habits = {
  mayRefuse: () => false,
  isTried: () => false,
  mayStray: () => false,
  isLeftOut: () => false,
  mayRefuseSession: () => false,
  take: () => null,
  follow: ({ world }) => world,
};
