import { useQuery } from "@pinia/colada";
import { computed, toValue, type MaybeRefOrGetter } from "vue";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import type { Contact } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import { QUERY_KEYS } from "../api/queries.ts";
import { isShownToBe } from "../list/people.ts";

/**
 * What the address book has of a contact, asked once for all who show it.
 *
 * @param id empty for nobody
 * @param address the one that is shown with it: another one is another question
 */
export function useContact(id: MaybeRefOrGetter<string>, address: MaybeRefOrGetter<string>) {
  return useQuery({
    key: () => [...QUERY_KEYS.contact, toValue(id), toValue(address)],
    query: () => request<Contact>(`/api/contacts/${encodeURIComponent(toValue(id))}`),
    enabled: () => toValue(id) !== "",
  });
}

/** Whether who writes here is blocked: the person, where it is known to be them, or the browser that began the chat. */
export function useIsBlocked(conversation: MaybeRefOrGetter<Conversation>) {
  const { data } = useContact(
    () => (isShownToBe(toValue(conversation)) ? (toValue(conversation).contact?.id ?? "") : ""),
    () => toValue(conversation).address?.email ?? "",
  );
  return computed(() => data.value?.isBlocked === true || toValue(conversation).isSentAway === true);
}
