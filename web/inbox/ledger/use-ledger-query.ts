import { watchDebounced } from "@vueuse/core";
import { computed, ref, watch } from "vue";
import { useRoute, useRouter } from "vue-router";

export const LEDGER_STATES = ["attention", "quarantined", "filtered", "braked"] as const;
export type LedgerState = (typeof LEDGER_STATES)[number];

/** Pause in typing after which the ledger is searched. */
const TYPING_MS = 250;

const queryOf = (parts: { state: LedgerState | undefined; q: string }) => ({
  ...(parts.state === undefined ? {} : { state: parts.state }),
  ...(parts.q === "" ? {} : { q: parts.q }),
});

/** Which mails the ledger shows: kept in the URL, so that a view can be gone back to and passed on. */
export function useLedgerQuery() {
  const route = useRoute();
  const router = useRouter();
  const state = computed(() => LEDGER_STATES.find((known) => known === route.query["state"]));
  const q = computed(() => (typeof route.query["q"] === "string" ? route.query["q"] : ""));
  const typed = ref(q.value);

  watch(q, (now) => {
    if (now !== typed.value.trim()) typed.value = now;
  });
  watchDebounced(
    typed,
    (now) => {
      if (now.trim() !== q.value) void router.replace({ query: queryOf({ state: state.value, q: now.trim() }) });
    },
    { debounce: TYPING_MS },
  );
  return {
    state,
    q,
    typed,
    /** The query of the same search with another filter. */
    queryWith: (next: LedgerState | undefined) => queryOf({ state: next, q: q.value }),
  };
}
