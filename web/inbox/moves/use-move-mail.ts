import { ref } from "vue";
import type { LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import { useFailure } from "../api/use-failure.ts";
import { useText } from "../i18n/use-text.ts";
import { showNotice } from "../ui/toasts.ts";

let movedHere: string | null = null;

/** Whether this agent has just moved the mail from this window: then the focus goes where it was. Says so once. */
export function takeMovedHere(ledgerId: string | undefined): boolean {
  const isIt = ledgerId !== undefined && ledgerId === movedHere;
  if (isIt) movedHere = null;
  return isIt;
}

/** Moves a mail to another conversation, or back, and says so. */
export function useMoveMail() {
  const { t } = useText();
  const { tryOrReport } = useFailure();
  const isMoving = ref(false);

  /**
   * @param to null for a conversation of its own
   * @returns what the ledger says then, or undefined where it failed, which has been shown
   */
  async function moveMail(ledgerId: string, to: string | null): Promise<LedgerEntry | undefined> {
    isMoving.value = true;
    movedHere = ledgerId;
    const path = `/api/ledger/${encodeURIComponent(ledgerId)}/move`;
    const entry = await tryOrReport(() => request<LedgerEntry>(path, { method: "POST", body: { conversationId: to } }));
    isMoving.value = false;
    if (!entry) {
      movedHere = null;
      return undefined;
    }
    if (entry.movingTo !== null) showNotice(t("moves.later"));
    else showNotice(t(entry.movedFrom === null ? "moves.movedBack" : "moves.moved"));
    return entry;
  }

  return { isMoving, moveMail };
}
