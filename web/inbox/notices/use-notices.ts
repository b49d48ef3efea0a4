import { useQuery } from "@pinia/colada";
import { useDocumentVisibility, useIntervalFn } from "@vueuse/core";
import { computed, watch } from "vue";
import type { OwnerNotice } from "../../../worker/domain/notices.ts";
import { request } from "../api/http.ts";
import { QUERY_KEYS } from "../api/queries.ts";
import { useLiveConversations } from "../list/live-conversations.ts";

/** A flood is told once a minute; meanwhile, and for a while after it, who looks at it sees it grow and shrink. */
const LOOK_AGAIN_MS = 10_000;
const FRESH_MS = 5 * 60_000;

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
  const notices = computed(() => data.value?.items ?? []);
  const visibility = useDocumentVisibility();
  useIntervalFn(() => {
    const isFresh = notices.value.some(({ lastAt }) => Date.now() - lastAt < FRESH_MS);
    if (isFresh && visibility.value === "visible") void refetch();
  }, LOOK_AGAIN_MS);
  return { notices, refetch };
}
