/** The verdict on a mail: found once, stored, and from then on the same for everyone who takes the mail up. */
import { findLedgerRow, saveDecision, updateLedger } from "../db/ledger.ts";
import { gatherFacts } from "./facts.ts";
import { matchConversation } from "./match-conversation.ts";
import type { TakenUp } from "./taken-up.ts";
import { parseVerdict, type Verdict } from "./verdict.ts";

/** Looks at one mail while others with its Message-ID are decided at the same time. */
const LOOKS_MAX = 5;

export async function decideMail(input: TakenUp): Promise<Verdict> {
  const { db, mail, contentHash } = input;
  let { row } = input;
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const stored = parseVerdict(row.decision);
    if (stored !== null) return stored;
    // Another version wrote it, in words that this one does not know.
    if (row.decision !== null) await updateLedger(db, row.id, { decision: null });
    const facts = await gatherFacts({ ...input, row });
    const verdict = matchConversation(facts);
    const key = { id: row.id, mailboxId: row.mailboxId, messageId: mail.messageId, contentHash };
    if (await saveDecision(db, key, { verdict, twin: facts.duplicate, now: Date.now() })) return verdict;
    row = (await findLedgerRow(db, row.id)) ?? row;
  }
  throw new Error("others with the same Message-ID were decided meanwhile, each time");
}
