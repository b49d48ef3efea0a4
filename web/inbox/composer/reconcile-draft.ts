import type { Draft, Message } from "../../../durable-objects/conversation/protocol.ts";
import type { StoredDraft } from "./draft-storage.ts";

interface Sides {
  mine: StoredDraft;
  /** Null where the server has no draft of this kind. */
  theirs: Pick<Draft, "text" | "updatedAt"> | null;
  /** True where this page has changed the text itself: then it is the newest, whatever the clocks say. */
  isTypedHere: boolean;
  messages: readonly Message[];
}

/**
 * What the composer shows when the server says what it has: its text, unless this device has a newer one that has not
 * arrived there. The newer `updatedAt` wins; both are kept only by their author deciding what to send.
 */
export function reconcileDraft({ mine, theirs, isTypedHere, messages }: Sides): StoredDraft {
  const text = theirs?.text ?? "";
  if (mine.text === text) return mine.isSaved ? mine : { ...mine, isSaved: true };
  const isMineNewer = !mine.isSaved && (isTypedHere || mine.at >= (theirs?.updatedAt ?? 0));
  if (isMineNewer) return mine;
  const at = theirs?.updatedAt ?? mine.at;
  // Whoever began it elsewhere had seen what was there at that time.
  const guardSeq = messages.findLast((message) => message.at <= at)?.seq ?? 0;
  return { text, guardSeq, at, isSaved: true };
}
