import { useQuery } from "@pinia/colada";
import { useIntervalFn } from "@vueuse/core";
import { computed } from "vue";
import type { LedgerEntry } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import { QUERY_KEYS, type Page } from "../api/queries.ts";

/** No socket tells of the ledger: a mail that waits for a person may be noticed a minute later. */
const LOOK_INTERVAL_MS = 60_000;

/** Whether any mail is in quarantine or could not be read: the dot beside the ledger's icon. */
export function useLedgerAttention() {
  const { data, refetch } = useQuery({
    key: QUERY_KEYS.ledgerAttention,
    query: () => request<Page<LedgerEntry>>("/api/ledger", { query: { state: "attention", limit: 1 } }),
  });
  useIntervalFn(() => {
    if (document.visibilityState === "visible") void refetch();
  }, LOOK_INTERVAL_MS);
  return computed(() => (data.value?.items.length ?? 0) > 0);
}
