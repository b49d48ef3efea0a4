/**
 * What a product does otherwise than the model, on purpose and in plain sight: it may do less, and the model then follows it.
 * A habit never lets anything be shown that the model would not show.
 */
import type { Action } from "../model.ts";
import type { SessionName, World } from "../world.ts";

export interface Habits {
  /** Steps that the product may refuse although the model takes them; then neither has. */
  mayRefuse: readonly Action["do"][];
  /** Whether a step is left out of a history where the world is like this. */
  isLeftOut: (world: World, action: Action) => boolean;
  /** Whether the product may refuse a session that the model lets in. */
  mayRefuseSession: (world: World, session: SessionName) => boolean;
  /** A step that is not the model's: where a mail goes, say. Null where there is nothing of its own. */
  take: (world: World, action: Action) => World | null;
  /** The world as it is in this product after a step. */
  follow: (step: { before: World; world: World; action: Action }) => World;
}

export const NO_HABITS: Habits = {
  mayRefuse: [],
  isLeftOut: () => false,
  mayRefuseSession: () => false,
  take: () => null,
  follow: ({ world }) => world,
};
