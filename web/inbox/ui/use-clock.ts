import { useIntervalFn } from "@vueuse/core";
import { shallowRef } from "vue";

/** The time in epoch ms, renewed every `intervalMs`; for ages and countdowns on screen. */
export function useClock(intervalMs: number) {
  const now = shallowRef(Date.now());
  useIntervalFn(() => (now.value = Date.now()), intervalMs);
  return now;
}
