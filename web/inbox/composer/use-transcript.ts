import { computed, ref } from "vue";
import { request } from "../api/http.ts";
import { useFailure } from "../api/use-failure.ts";
import type { LiveConversation } from "../conversation/use-conversation.ts";
import { conversationPath } from "../conversation/conversation-paths.ts";
import { useText } from "../i18n/use-text.ts";
import { showNotice } from "../ui/toasts.ts";

/** Sends the chat so far by email right after a chat message (S20), once that message is stored. */
export function useTranscript(live: LiveConversation, address: () => string) {
  const { t } = useText();
  const { tryOrReport } = useFailure();
  const isWanted = ref(false);
  const awaited = new Set<string>();

  async function sendTranscript(): Promise<void> {
    await tryOrReport(async () => {
      await request(conversationPath(live.id, "/transcript"), { method: "POST", body: {} });
      showNotice(t("composer.transcriptSent", { address: address() }));
    });
  }

  live.onNotice((notice) => {
    if (notice.kind === "acknowledged" && awaited.delete(notice.clientId)) void sendTranscript();
  });

  function follow(clientId: string): void {
    if (isWanted.value && address() !== "") awaited.add(clientId);
    isWanted.value = false;
  }

  return { isWanted, isPossible: computed(() => address() !== ""), follow };
}
