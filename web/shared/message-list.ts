/** Whether all of `added` come after the last of the list, in order. */
function isContinuation(list: readonly { readonly seq: number }[], added: readonly { readonly seq: number }[]): boolean {
  let last = list.at(-1)?.seq ?? -1;
  for (const { seq } of added) {
    if (seq <= last) return false;
    last = seq;
  }
  return true;
}

/**
 * Merges messages into a list that is ascending by `seq` and holds each `seq` once; a newer copy replaces the one that
 * is there, because its delivery or text may have changed. Returns a new array, or the same one where nothing changes.
 */
export function mergeMessages<M extends { readonly seq: number }>(list: readonly M[], added: readonly M[]): readonly M[] {
  if (added.length === 0) return list;
  // The usual case, new messages at the end, needs no sorting.
  if (isContinuation(list, added)) return [...list, ...added];
  const bySeq = new Map<number, M>();
  for (const message of list) bySeq.set(message.seq, message);
  for (const message of added) bySeq.set(message.seq, message);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
