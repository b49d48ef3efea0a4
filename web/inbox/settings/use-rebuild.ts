import { tryOnScopeDispose } from "@vueuse/core";
import { ref, shallowRef } from "vue";
import { request } from "../api/http.ts";

export interface Difference {
  id: string;
  fields: string[];
}

interface RebuildPage {
  checked: number;
  differences: Difference[];
  nextCursor: string | null;
}

/** Compares the lists with the conversations, page by page, until all were looked at or somebody stops it. */
export function useRebuild() {
  const state = ref<"idle" | "running" | "done" | "stopped" | "failed">("idle");
  const checked = ref(0);
  const differences = shallowRef<readonly Difference[]>([]);
  const error = shallowRef<unknown>(null);
  /** Where a stopped or failed run goes on. */
  let cursor: string | null = null;
  let stopping = new AbortController();

  async function run(): Promise<void> {
    if (state.value === "running") return;
    if (state.value === "idle" || state.value === "done") {
      checked.value = 0;
      differences.value = [];
      cursor = null;
    }
    state.value = "running";
    stopping = new AbortController();
    const { signal } = stopping;
    try {
      do {
        const query = { cursor: cursor ?? undefined };
        const page: RebuildPage = await request<RebuildPage>("/api/projections/rebuild", { method: "POST", query, signal });
        checked.value += page.checked;
        differences.value = [...differences.value, ...page.differences];
        cursor = page.nextCursor;
      } while (cursor !== null);
      state.value = "done";
    } catch (failure) {
      if (signal.aborted) return;
      error.value = failure;
      state.value = "failed";
    }
  }

  function stop(): void {
    stopping.abort();
    if (state.value === "running") state.value = "stopped";
  }

  tryOnScopeDispose(stop);
  return { state, checked, differences, error, run, stop };
}
