import { NO_COPIES, isEmpty, type Copies } from "./copies.ts";
import type { DraftPlace } from "./draft-storage.ts";

const keyOf = ({ agentId, conversationId }: DraftPlace) => `hilo.copies.${agentId}.${conversationId}`;

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((entry) => typeof entry === "string");

/** Who else the text that is being written is to go to, kept on this device beside its draft. */
export function loadCopies(place: DraftPlace): Copies {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(keyOf(place)) ?? "null");
    if (typeof value !== "object" || value === null || !("cc" in value && "bcc" in value)) return NO_COPIES;
    const { cc, bcc } = value;
    return isTexts(cc) && isTexts(bcc) ? { cc, bcc } : NO_COPIES;
  } catch {
    return NO_COPIES;
  }
}

export function saveCopies(place: DraftPlace, copies: Copies): void {
  try {
    if (isEmpty(copies)) localStorage.removeItem(keyOf(place));
    else localStorage.setItem(keyOf(place), JSON.stringify(copies));
  } catch {
    // A full storage costs the survival of a reload.
  }
}
