import { useQuery } from "@pinia/colada";
import { computed, shallowRef, toValue, watch, type MaybeRefOrGetter } from "vue";
import type { UndeliverableAddress } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import { QUERY_KEYS, type Page } from "../api/queries.ts";
import { canonicalAddress, isAddress } from "../../../worker/domain/address.ts";

/** Those of some addresses that earlier mail did not reach, or that reported it as spam. */
export function useUndeliverable(addresses: MaybeRefOrGetter<readonly string[]>) {
  const asked = computed(() => toValue(addresses).filter(isAddress).map(canonicalAddress).sort());
  const known = shallowRef<readonly UndeliverableAddress[]>([]);
  const { data } = useQuery({
    key: () => [...QUERY_KEYS.undeliverable, asked.value.join(",")],
    query: () =>
      request<Page<UndeliverableAddress>>("/api/undeliverable-addresses", { query: { emails: asked.value.join(",") } }),
    enabled: () => asked.value.length > 0,
    // Asked anew for every set of people: it may have changed by the last mail.
    staleTime: 0,
  });
  watch(data, (answer) => answer && (known.value = answer.items), { immediate: true });
  // While the answer for one more is on its way, what is known of the others stays.
  return computed(() => known.value.filter(({ email }) => asked.value.includes(email)));
}
