import { useQuery, useQueryCache } from "@pinia/colada";
import { computed } from "vue";
import type { ListedAgent } from "../../../worker/domain/account-shapes.ts";
import type { Mailbox, SavedReply, SavedReplyCategory } from "../../../worker/domain/api-shapes.ts";
import type { SettingsAnswer } from "../../../worker/domain/settings.ts";
import { request } from "./http.ts";

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Keys of what is read from the server and kept; invalidate them after a change. */
export const QUERY_KEYS = {
  agents: ["agents"],
  settings: ["settings"],
  mailboxes: ["mailboxes"],
  savedReplies: ["saved-replies"],
  savedReplyCategories: ["saved-reply-categories"],
  apiKeys: ["api-keys"],
  ownSessions: ["own-sessions"],
  contact: ["contact"],
  undeliverable: ["undeliverable"],
  ledgerAttention: ["ledger-attention"],
  forms: ["forms"],
  forwardingAddress: ["forwarding-address"],
  notices: ["notices"],
} as const;

/** Largest page that the server gives, and how many of them are read where a screen needs all. */
const PAGE_SIZE_MAX = 100;
const PAGES_MAX = 20;

/** All items of a list that is short by nature. */
export async function readAllPages<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await request<Page<T>>(path, { query: { limit: PAGE_SIZE_MAX, cursor } });
    items.push(...answer.items);
    if (answer.nextCursor === null) break;
    cursor = answer.nextCursor;
  }
  return items;
}

export function useAgents() {
  const query = useQuery({ key: QUERY_KEYS.agents, query: () => readAllPages<ListedAgent>("/api/agents"), staleTime: 60_000 });
  const agents = computed(() => query.data.value ?? []);
  const namesById = computed(() => new Map(agents.value.map(({ id, name }) => [id, name])));
  return { ...query, agents, nameOf: (id: string) => namesById.value.get(id) ?? "" };
}

export function useSettings() {
  return useQuery({ key: QUERY_KEYS.settings, query: () => request<SettingsAnswer>("/api/settings"), staleTime: 60_000 });
}

export function useMailboxes() {
  return useQuery({ key: QUERY_KEYS.mailboxes, query: () => readAllPages<Mailbox>("/api/mailboxes") });
}

export function useSavedReplies() {
  const replies = useQuery({
    key: QUERY_KEYS.savedReplies,
    query: () => readAllPages<SavedReply>("/api/saved-replies"),
    staleTime: 60_000,
  });
  const categories = useQuery({
    key: QUERY_KEYS.savedReplyCategories,
    query: () => readAllPages<SavedReplyCategory>("/api/saved-reply-categories"),
    staleTime: 60_000,
  });
  return {
    replies: computed(() => replies.data.value ?? []),
    categories: computed(() => categories.data.value ?? []),
    isPending: computed(() => replies.isPending.value || categories.isPending.value),
    error: computed(() => replies.error.value ?? categories.error.value),
    refetch: () => Promise.all([replies.refetch(), categories.refetch()]),
  };
}

/** Marks what was read under `key` as old, so that screens that show it read it again. */
export function useInvalidate() {
  const cache = useQueryCache();
  return (key: readonly string[]) => cache.invalidateQueries({ key });
}
