import { useQuery } from "@pinia/colada";
import { computed, watch } from "vue";
import type { OwnerNotice } from "../../../worker/domain/notices.ts";
import { request } from "../api/http.ts";
import { QUERY_KEYS } from "../api/queries.ts";
import { useLiveConversations } from "../list/live-conversations.ts";

/** Limits that were reached and that nobody has dismissed: told by the inbox socket, for admins alone. */
export function useNotices() {
  const live = useLiveConversations();
  const { data, refetch } = useQuery({
    key: QUERY_KEYS.notices,
    query: () => request<{ items: OwnerNotice[] }>("/api/notices"),
  });
  live.onNotices(() => void refetch());
  // Whatever was told while the socket was away.
  watch(
    () => live.status,
    (status) => status === "up-to-date" && void refetch(),
  );
  return { notices: computed(() => data.value?.items ?? []), refetch };
}
