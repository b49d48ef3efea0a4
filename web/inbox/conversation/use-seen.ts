import { useDocumentVisibility } from "@vueuse/core";
import { watch } from "vue";
import type { LiveConversation } from "./use-conversation.ts";

/** Opening a conversation marks it Read for all agents (S2), and so does every message that comes while it is on screen. */
export function useSeen(live: LiveConversation, canMark: () => boolean): void {
  const visibility = useDocumentVisibility();
  watch(
    () => (visibility.value === "visible" && canMark() ? (live.messages.value.at(-1)?.seq ?? 0) : 0),
    (seq) => {
      if (seq > 0) live.seen(seq);
    },
    { immediate: true },
  );
}
