import { computed } from "vue";
import { DEFAULT_FILTERS } from "./conversation-filters.ts";
import { useConversationList } from "./use-conversation-list.ts";

/** Whether any open conversation is unread: the red dot beside the Conversations icon (S5). */
export function useUnreadDot() {
  const { rows } = useConversationList({ filters: { ...DEFAULT_FILTERS, isUnreadOnly: true }, pageSize: 1 });
  // Rows may linger in a list; the dot is about what is unread now.
  return computed(() => rows.value.some(({ unread, status }) => unread && status === "open"));
}
