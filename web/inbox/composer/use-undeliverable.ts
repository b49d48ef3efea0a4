import { useQuery } from "@pinia/colada";
import { computed, toValue, type MaybeRefOrGetter } from "vue";
import type { UndeliverableAddress } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import { QUERY_KEYS, type Page } from "../api/queries.ts";
import { isAddress } from "./address-list.ts";

/** Those of some addresses that earlier mail did not reach, or that reported it as spam. */
export function useUndeliverable(addresses: MaybeRefOrGetter<readonly string[]>) {
  const asked = computed(() => toValue(addresses).filter(isAddress).sort().join(","));
  const { data } = useQuery({
    key: () => [...QUERY_KEYS.undeliverable, asked.value],
    query: () => request<Page<UndeliverableAddress>>("/api/undeliverable-addresses", { query: { emails: asked.value } }),
    enabled: () => asked.value !== "",
    // Asked anew for every set of people: it may have changed by the last mail.
    staleTime: 0,
  });
  return computed(() => (asked.value === "" ? [] : (data.value?.items ?? [])));
}
