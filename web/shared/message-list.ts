/**
 * Merges messages into a list that is ascending by `seq` and holds each `seq` once; a newer copy replaces the one that
 * is there, because its delivery or text may have changed. Returns a new array, or the same one where nothing changes.
 */
export function mergeMessages<M extends { readonly seq: number }>(list: readonly M[], added: readonly M[]): readonly M[] {
  if (added.length === 0) return list;
  const last = list.at(-1);
  const first = added[0];
  // The usual case, one new message at the end, needs no sorting.
  if (added.length === 1 && first && (!last || first.seq > last.seq)) return [...list, first];
  const bySeq = new Map<number, M>();
  for (const message of list) bySeq.set(message.seq, message);
  for (const message of added) bySeq.set(message.seq, message);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
