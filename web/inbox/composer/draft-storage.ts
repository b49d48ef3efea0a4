/** A text that was not sent, with the last message that its author had seen when it was begun. */
export interface StoredDraft {
  text: string;
  guardSeq: number;
}

export type DraftKind = "reply" | "note";

const keyOf = (conversationId: string, kind: DraftKind) => `hilo.draft.${conversationId}.${kind}`;

function isStoredDraft(value: unknown): value is StoredDraft {
  if (typeof value !== "object" || value === null || !("text" in value) || !("guardSeq" in value)) return false;
  return typeof value.text === "string" && typeof value.guardSeq === "number";
}

export function loadDraft(conversationId: string, kind: DraftKind): StoredDraft | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(keyOf(conversationId, kind)) ?? "null");
    return isStoredDraft(value) ? value : null;
  } catch {
    return null;
  }
}

export function saveDraft(conversationId: string, kind: DraftKind, draft: StoredDraft): void {
  const key = keyOf(conversationId, kind);
  try {
    if (draft.text === "") localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // A full storage costs the survival of a reload; the server has the draft too.
  }
}
