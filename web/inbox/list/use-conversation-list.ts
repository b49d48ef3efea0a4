import { useIntervalFn } from "@vueuse/core";
import { computed, ref, shallowRef, toValue, watch, type MaybeRefOrGetter } from "vue";
import { request } from "../api/http.ts";
import { useSession } from "../session/session.ts";
import { toApiQuery, type ConversationFilters } from "./conversation-filters.ts";
import { computeRows, EMPTY_WINDOW, withPage, withTouched, type ListPage } from "./list-window.ts";
import { useLiveConversations } from "./live-conversations.ts";
import { useKeptRows } from "./use-kept-rows.ts";

const PAGE_SIZE = 50;
/** After a gap at most so many pages are read again; what is further down is paged in anew. */
const RELOAD_PAGES_MAX = 6;

interface ListOptions {
  filters: MaybeRefOrGetter<ConversationFilters>;
  /** The open conversation, which keeps its row while it is open. */
  selectedId?: MaybeRefOrGetter<string>;
  pageSize?: number;
}

/**
 * A live list of conversations: pages by cursor merged with the inbox socket's deltas. After a gap the pages are read
 * again; an answer for older filters, or of a reading that has been overtaken, is dropped.
 */
export function useConversationList({ filters, selectedId = "", pageSize = PAGE_SIZE }: ListOptions) {
  const live = useLiveConversations();
  const session = useSession();
  const window = shallowRef(EMPTY_WINDOW);
  const state = ref<"loading" | "ready" | "failed">("loading");
  const isLoadingMore = ref(false);
  const error = shallowRef<unknown>(null);
  let reading = 0;
  let touchedWhileReading: string[] = [];

  const kept = useKeptRows({ live, filters, selectedId, myId: session.myId });
  const rows = computed(() =>
    computeRows(window.value, live.known, { filters: toValue(filters), myId: session.myId, kept: kept.value }),
  );

  function readPage(cursor: string | null): Promise<ListPage> {
    const query = { ...toApiQuery(toValue(filters)), limit: pageSize, cursor: cursor ?? undefined };
    return request<ListPage>("/api/conversations", { query });
  }

  async function readAll(pages: number): Promise<void> {
    reading += 1;
    const mine = reading;
    touchedWhileReading = [];
    let next = EMPTY_WINDOW;
    for (let page = 0; page < pages && (page === 0 || next.nextCursor !== null); page += 1) {
      const answer = await readPage(next.nextCursor);
      if (mine !== reading) return;
      live.learn(answer.items);
      next = withPage(next, answer);
    }
    window.value = withTouched(next, touchedWhileReading);
    state.value = "ready";
    error.value = null;
  }

  async function reload(pages = 1): Promise<void> {
    const mine = reading + 1;
    try {
      await readAll(pages);
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
    try {
      const answer = await readPage(nextCursor);
      if (mine !== reading) return;
      live.learn(answer.items);
      window.value = withPage(window.value, answer);
    } catch (failure) {
      error.value = failure;
    } finally {
      isLoadingMore.value = false;
    }
  }

  function startOver(): void {
    // Until the answer comes, what is known already is better than a blank list.
    window.value = withTouched(EMPTY_WINDOW, [...live.known.keys()]);
    state.value = "loading";
    void reload();
  }

  live.onTouched(({ now }) => {
    touchedWhileReading.push(now.id);
    window.value = withTouched(window.value, [now.id]);
  });
  live.onGap(() => reload(Math.min(RELOAD_PAGES_MAX, Math.max(1, Math.ceil(window.value.paged.size / pageSize)))));
  watch(() => JSON.stringify(toValue(filters)), startOver, { immediate: true });
  // When all rows of the pages read so far have left the list, the next ones are still to come.
  watch(() => state.value === "ready" && rows.value.length === 0, (isEmptied) => isEmptied && void loadMore());
  // A failed reading of a list that is on screen is tried again quietly.
  useIntervalFn(() => state.value === "ready" && error.value !== null && void reload(), 10_000);

  return { rows, state, error, isLoadingMore, hasMore: computed(() => window.value.nextCursor !== null), loadMore, reload: startOver };
}
