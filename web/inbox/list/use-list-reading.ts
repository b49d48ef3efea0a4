import { computed, ref, shallowRef, toValue, type MaybeRefOrGetter } from "vue";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import { request } from "../api/http.ts";
import { toApiQuery, type ConversationFilters } from "./conversation-filters.ts";
import { EMPTY_WINDOW, withPage, withTouched, type ListPage, type ListWindow } from "./list-window.ts";
import type { useLiveConversations } from "./live-conversations.ts";

interface ReadingOptions {
  live: ReturnType<typeof useLiveConversations>;
  filters: MaybeRefOrGetter<ConversationFilters>;
  pageSize: number;
}

type ReadPage = (cursor: string | null) => Promise<ListPage>;

async function readWindow(readPage: ReadPage, pages: number): Promise<{ window: ListWindow; items: Conversation[] }> {
  let window = EMPTY_WINDOW;
  const items: Conversation[] = [];
  for (let page = 0; page < pages && (page === 0 || window.nextCursor !== null); page += 1) {
    const answer = await readPage(window.nextCursor);
    items.push(...answer.items);
    window = withPage(window, answer);
  }
  return { window, items };
}

/** Reads the pages of a list into its window. An answer to older filters, or of a reading that was overtaken, is dropped. */
export function useListReading({ live, filters, pageSize }: ReadingOptions) {
  const window = shallowRef(EMPTY_WINDOW);
  const state = ref<"loading" | "ready" | "failed">("loading");
  const error = shallowRef<unknown>(null);
  const isLoadingMore = ref(false);
  let reading = 0;
  let touchedMeanwhile: string[] = [];

  function readPage(cursor: string | null): Promise<ListPage> {
    const query = { ...toApiQuery(toValue(filters)), limit: pageSize, cursor: cursor ?? undefined };
    return request<ListPage>("/api/conversations", { query });
  }

  /** Reads the first pages anew; until they are there the old ones stay on screen. */
  async function reload(pages = 1): Promise<void> {
    reading += 1;
    const mine = reading;
    touchedMeanwhile = [];
    try {
      const read = await readWindow(readPage, pages);
      if (mine !== reading) return;
      live.learn(read.items);
      window.value = withTouched(read.window, touchedMeanwhile);
      state.value = "ready";
      error.value = null;
    } catch (failure) {
      if (mine !== reading) return;
      error.value = failure;
      if (state.value !== "ready") state.value = "failed";
    }
  }

  async function loadMore(): Promise<void> {
    const { nextCursor } = window.value;
    if (nextCursor === null || isLoadingMore.value || state.value !== "ready") return;
    const mine = reading;
    isLoadingMore.value = true;
    const answer = await readPage(nextCursor).catch(() => null);
    isLoadingMore.value = false;
    // Scrolling on asks again where it failed.
    if (answer === null || mine !== reading) return;
    live.learn(answer.items);
    window.value = withPage(window.value, answer);
  }

  function startOver(): void {
    // Until the answer comes, what is known already is better than a blank list.
    window.value = withTouched(EMPTY_WINDOW, [...live.known.keys()]);
    state.value = "loading";
    void reload();
  }

  function touch(id: string): void {
    touchedMeanwhile.push(id);
    window.value = withTouched(window.value, [id]);
  }

  return { window, state, error, hasMore: computed(() => window.value.nextCursor !== null), reload, loadMore, startOver, touch };
}
