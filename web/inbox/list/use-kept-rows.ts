import { tryOnScopeDispose } from "@vueuse/core";
import { computed, shallowRef, toValue, watch, type MaybeRefOrGetter } from "vue";
import { matchesFilters, type ConversationFilters } from "./conversation-filters.ts";
import type { useLiveConversations } from "./live-conversations.ts";

/** A conversation that somebody completes stays in the list of open ones for so long, with its check mark (S4). */
const KEPT_MS = 10 * 60_000;

interface KeptOptions {
  live: ReturnType<typeof useLiveConversations>;
  filters: MaybeRefOrGetter<ConversationFilters>;
  selectedId: MaybeRefOrGetter<string>;
  myId: string;
}

/** Ids that stay in the list although they no longer fit its filters, so that no row vanishes under the pointer. */
export function useKeptRows({ live, filters, selectedId, myId }: KeptOptions) {
  const completed = shallowRef<ReadonlySet<string>>(new Set());
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  function forget(id: string): void {
    clearTimeout(timers.get(id));
    timers.delete(id);
    completed.value = new Set([...completed.value].filter((kept) => kept !== id));
  }

  live.onTouched(({ before, now }) => {
    const shown = toValue(filters);
    const isLeaving = shown.status === "open" && before?.status === "open" && now.status === "complete";
    if (!isLeaving || !matchesFilters(now, { ...shown, status: "complete", isUnreadOnly: false }, myId)) return;
    completed.value = new Set([...completed.value, now.id]);
    timers.set(
      now.id,
      setTimeout(() => forget(now.id), KEPT_MS),
    );
  });
  watch(
    () => toValue(filters),
    () => [...completed.value].forEach(forget),
    { deep: true },
  );
  tryOnScopeDispose(() => timers.forEach((timer) => clearTimeout(timer)));

  return computed(() => new Set([...completed.value, toValue(selectedId)]));
}
