interface Selection {
  start: number;
  end: number;
}

/** Puts `insertion` in place of the selection; what is around it stays, and the cursor comes to stand behind it. */
export function insertAt(text: string, { start, end }: Selection, insertion: string): { text: string; cursor: number } {
  const from = Math.max(0, Math.min(start, end, text.length));
  const to = Math.min(text.length, Math.max(start, end));
  return { text: text.slice(0, from) + insertion + text.slice(to), cursor: from + insertion.length };
}
