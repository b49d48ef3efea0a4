import { useQuery } from "@pinia/colada";
import { computed, toValue, type MaybeRefOrGetter } from "vue";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import type { Contact } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import { QUERY_KEYS, type Page } from "../api/queries.ts";
import { isShownToBe } from "../list/people.ts";

/** Addresses that may begin like the one that is looked for. */
const LOOKS = 10;

/** Whose address it is that a visitor has typed and not shown to be theirs; null where it is nobody's in the address book. */
export function useKnownContact(conversation: MaybeRefOrGetter<Conversation>) {
  const email = computed(() => {
    const present = toValue(conversation);
    return isShownToBe(present) ? "" : (present.address?.email ?? "");
  });
  const { data } = useQuery({
    key: () => [...QUERY_KEYS.contact, "known", email.value],
    query: () => request<Page<Contact>>("/api/contacts", { query: { q: email.value, limit: String(LOOKS) } }),
    enabled: () => email.value !== "",
  });
  return computed(() => {
    if (email.value === "") return null;
    const owns = ({ addresses }: Contact) => addresses.some((address) => address.email === email.value);
    return data.value?.items.find(owns) ?? null;
  });
}
