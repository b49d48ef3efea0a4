import { computed, ref, shallowRef, toValue, watch, type MaybeRefOrGetter } from "vue";
import { request } from "./http.ts";
import type { Page } from "./queries.ts";

interface PagesOptions {
  path: string;
  query?: MaybeRefOrGetter<Record<string, string | undefined>>;
}

/** A list that is read page by page; starts over when the query changes, and drops answers to an older one. */
export function usePages<T>({ path, query = {} }: PagesOptions) {
  const items = shallowRef<T[]>([]);
  const state = ref<"loading" | "ready" | "failed">("loading");
  const error = shallowRef<unknown>(null);
  const nextCursor = ref<string | null>(null);
  let reading = 0;

  async function read(cursor: string | null): Promise<void> {
    reading += 1;
    const mine = reading;
    state.value = "loading";
    try {
      const page = await request<Page<T>>(path, { query: { ...toValue(query), cursor: cursor ?? undefined } });
      if (mine !== reading) return;
      items.value = cursor === null ? page.items : [...items.value, ...page.items];
      nextCursor.value = page.nextCursor;
      state.value = "ready";
    } catch (failure) {
      if (mine !== reading) return;
      error.value = failure;
      state.value = "failed";
    }
  }

  watch(
    () => JSON.stringify(toValue(query)),
    () => read(null),
    { immediate: true },
  );
  return {
    items,
    state,
    error,
    hasMore: computed(() => nextCursor.value !== null),
    loadMore: () => nextCursor.value !== null && read(nextCursor.value),
    reload: () => read(null),
  };
}
