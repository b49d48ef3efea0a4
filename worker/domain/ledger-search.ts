/** Looking for mails in the ledger. Pure. */

/** Without case, accents and the differences of width: who types "panuelo" finds "Pañuelo". */
function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether every word of `query` is somewhere in one of the texts. */
export function matchesLedgerSearch(texts: readonly string[], query: string): boolean {
  const searched = fold(texts.join("\n"));
  return fold(query)
    .split(/\s+/u)
    .every((word) => searched.includes(word));
}
