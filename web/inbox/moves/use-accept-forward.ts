import { ref } from "vue";
import type { LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import { useFailure } from "../api/use-failure.ts";
import { useText } from "../i18n/use-text.ts";
import { showNotice } from "../ui/toasts.ts";

/** Believes that a mail was forwarded by the agent whom it names, and says so. */
export function useAcceptForward() {
  const { t } = useText();
  const { tryOrReport } = useFailure();
  const isAccepting = ref(false);

  /** @returns what the ledger says then, or undefined where it failed, which has been shown */
  async function acceptForward(ledgerId: string): Promise<LedgerEntry | undefined> {
    isAccepting.value = true;
    const path = `/api/ledger/${encodeURIComponent(ledgerId)}/accept-forward`;
    const entry = await tryOrReport(() => request<LedgerEntry>(path, { method: "POST" }));
    isAccepting.value = false;
    if (entry) showNotice(t("claims.forwardAccepted"));
    return entry;
  }

  return { isAccepting, acceptForward };
}
