import { useQuery } from "@pinia/colada";
import { computed, watch } from "vue";
import { request } from "../api/http.ts";
import { QUERY_KEYS } from "../api/queries.ts";
import { useLiveConversations } from "../list/live-conversations.ts";

/** Mails that wait for a person, in quarantine or not readable: counted by the server up to 100, told by the inbox socket. */
export function useLedgerAttention() {
  const live = useLiveConversations();
  const { data, refetch } = useQuery({
    key: QUERY_KEYS.ledgerAttention,
    query: () => request<{ count: number }>("/api/ledger/attention"),
  });
  live.onLedger(() => void refetch());
  // Whatever was told while the socket was away.
  watch(
    () => live.status,
    (status) => status === "up-to-date" && void refetch(),
  );
  return computed(() => data.value?.count ?? 0);
}
