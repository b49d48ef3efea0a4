/** A text that was not sent. */
export interface StoredDraft {
  text: string;
  /** The last message that its author had seen when it was begun. */
  guardSeq: number;
  /** Epoch ms of the last change. */
  at: number;
  /** True once the server has said that it has this text. */
  isSaved: boolean;
}

export type DraftKind = "reply" | "note";
export const DRAFT_KINDS: readonly DraftKind[] = ["reply", "note"];

export const EMPTY_DRAFT: StoredDraft = { text: "", guardSeq: 0, at: 0, isSaved: true };

/** Whose draft of which conversation: agents may share a browser, and not their drafts. */
export interface DraftPlace {
  agentId: string;
  conversationId: string;
}

const keyOf = ({ agentId, conversationId }: DraftPlace, kind: DraftKind) => `hilo.draft.${agentId}.${conversationId}.${kind}`;

function isStoredDraft(value: unknown): value is StoredDraft {
  if (typeof value !== "object" || value === null) return false;
  if (!("text" in value && "guardSeq" in value && "at" in value && "isSaved" in value)) return false;
  const { text, guardSeq, at, isSaved } = value;
  return typeof text === "string" && typeof guardSeq === "number" && typeof at === "number" && typeof isSaved === "boolean";
}

export function loadDraft(place: DraftPlace, kind: DraftKind): StoredDraft {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(keyOf(place, kind)) ?? "null");
    return isStoredDraft(value) ? value : EMPTY_DRAFT;
  } catch {
    return EMPTY_DRAFT;
  }
}

/** An empty text is kept until the server knows of it: otherwise a draft that was sent would come back from there. */
export function saveDraft(place: DraftPlace, kind: DraftKind, draft: StoredDraft): void {
  const key = keyOf(place, kind);
  try {
    if (draft.text === "" && draft.isSaved) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // A full storage costs the survival of a reload; the server has the draft too.
  }
}
