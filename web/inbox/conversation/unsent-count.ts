import { computed, shallowRef } from "vue";

const counts = shallowRef<ReadonlyMap<string, number>>(new Map());

/** Tells how many messages of one conversation wait to be acknowledged. */
export function setUnsentCount(conversationId: string, count: number): void {
  if ((counts.value.get(conversationId) ?? 0) === count) return;
  const next = new Map(counts.value);
  if (count > 0) next.set(conversationId, count);
  else next.delete(conversationId);
  counts.value = next;
}

/** Messages of this page that no server has acknowledged. */
export function useUnsentCount() {
  return computed(() => [...counts.value.values()].reduce((sum, count) => sum + count, 0));
}
