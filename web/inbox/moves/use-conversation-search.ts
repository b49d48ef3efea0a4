import { refDebounced } from "@vueuse/core";
import { computed, ref, shallowRef, watch, type Ref } from "vue";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import type { Contact } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import type { Page } from "../api/queries.ts";
import { filterConversations, mergeConversations } from "./conversation-search.ts";

const RECENT_MAX = 100;
/** Contacts whose name or address begins with what was typed, and conversations of each. */
const CONTACTS_MAX = 5;
const PER_CONTACT_MAX = 10;
const SHOWN_MAX = 20;
const TYPED_LENGTH_MIN = 2;
const DEBOUNCE_MS = 200;

async function readConversations(query: Record<string, string | number>): Promise<Conversation[]> {
  return (await request<Page<Conversation>>("/api/conversations", { query: { status: "all", ...query } })).items;
}

/** Conversations of people in the address book, however long ago they wrote. */
async function readOfContacts(typed: string): Promise<Conversation[]> {
  const query = { q: typed, limit: CONTACTS_MAX };
  const { items } = await request<Page<Contact>>("/api/contacts", { query });
  return (await Promise.all(items.map(({ id }) => readConversations({ contact: id, limit: PER_CONTACT_MAX })))).flat();
}

/** The recent conversations that fit what is typed, and those of contacts whose name or address begins with it. */
export function useConversationSearch({ typed, excludeId }: { typed: Ref<string>; excludeId: string }) {
  const recent = shallowRef<Conversation[]>([]);
  const ofContacts = shallowRef<Conversation[]>([]);
  const state = ref<"loading" | "ready" | "failed">("loading");
  let reading = 0;

  async function read(text: string): Promise<void> {
    reading += 1;
    const mine = reading;
    state.value = "loading";
    try {
      if (recent.value.length === 0) recent.value = await readConversations({ limit: RECENT_MAX });
      const found = text.length < TYPED_LENGTH_MIN ? [] : await readOfContacts(text);
      if (mine !== reading) return;
      ofContacts.value = found;
      state.value = "ready";
    } catch {
      if (mine === reading) state.value = "failed";
    }
  }

  watch(
    refDebounced(
      computed(() => typed.value.trim()),
      DEBOUNCE_MS,
    ),
    read,
    { immediate: true },
  );

  const found = computed(() =>
    mergeConversations([filterConversations(recent.value, typed.value), ofContacts.value])
      .filter(({ id }) => id !== excludeId)
      .slice(0, SHOWN_MAX),
  );
  return { found, state };
}
