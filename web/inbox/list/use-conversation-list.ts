import { useIntervalFn, useTimeoutFn } from "@vueuse/core";
import { computed, toValue, watch, type MaybeRefOrGetter } from "vue";
import { useSession } from "../session/session.ts";
import type { ConversationFilters } from "./conversation-filters.ts";
import { computeRows } from "./list-window.ts";
import { useLiveConversations } from "./live-conversations.ts";
import { useKeptRows } from "./use-kept-rows.ts";
import { useListReading } from "./use-list-reading.ts";

const PAGE_SIZE = 50;
/** After a gap at most so many pages are read again; what is further down is paged in anew. */
const RELOAD_PAGES_MAX = 6;
/** A reading that failed while a list is on screen is tried again quietly. */
const RETRY_MS = 10_000;

/** The index may lag behind the sockets: what changed just before a reconnect is read once more after this. */
const SETTLE_MS = 4_000;

interface ListOptions {
  filters: MaybeRefOrGetter<ConversationFilters>;
  /** The open conversation, which keeps its row while it is open. */
  selectedId?: MaybeRefOrGetter<string>;
  pageSize?: number;
}

/** A live list of conversations: pages by cursor merged with the inbox socket's deltas; after a gap the pages are read again. */
export function useConversationList({ filters, selectedId = "", pageSize = PAGE_SIZE }: ListOptions) {
  const live = useLiveConversations();
  const { myId } = useSession();
  const { window, state, error, hasMore, reload, loadMore, startOver, touch } = useListReading({ live, filters, pageSize });
  const kept = useKeptRows({ live, filters, selectedId, myId });
  const rows = computed(() => computeRows(window.value, live.known, { filters: toValue(filters), myId, kept: kept.value }));

  live.onTouched(({ now }) => touch(now.id));
  const reloadWhatIsShown = () => reload(Math.min(RELOAD_PAGES_MAX, Math.max(1, Math.ceil(window.value.paged.size / pageSize))));
  const settle = useTimeoutFn(reloadWhatIsShown, SETTLE_MS, { immediate: false });
  live.onGap(() => {
    void reloadWhatIsShown();
    settle.start();
  });
  watch(() => JSON.stringify(toValue(filters)), startOver, { immediate: true });
  // When all rows of the pages read so far have left the list, the next ones are still to come.
  watch([() => rows.value.length, state, () => window.value.nextCursor], ([count]) => {
    if (count === 0) void loadMore();
  });
  useIntervalFn(() => {
    if (state.value === "ready" && error.value !== null) void reload();
  }, RETRY_MS);

  return { rows, state, error, hasMore, loadMore, reload: startOver };
}
