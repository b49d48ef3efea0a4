/**
 * *This is somebody else*: the mails that came into a chat by an address that its visitor has not shown to be theirs get a
 * conversation of their own, which is the place of that address from then on. It is claimed before the first mail is moved,
 * so that a repeat, whatever it ended at, goes on to the same one. Each is moved as an agent moves a mail.
 */
import type { Database } from "../db/database.ts";
import type { LedgerRow } from "../db/ledger.ts";
import { hasUnsettledMails, isMovable, listMailsOf } from "../db/mail-moves.ts";
import { findPlaceOf, setPlace } from "../db/places.ts";
import type { Env } from "../env.ts";
import { conversationStub } from "../objects.ts";
import { moveMail, ownConversationId } from "./move-mail.ts";
import { mayBePlace } from "./usual-place.ts";

/** Mails that are read from the ledger at once. */
const PAGE_SIZE = 100;
/** Conversations of the address that are asked. */
const LOOKS_MAX = 4;

export interface PartRequest {
  conversationId: string;
  agentId: string;
  /** Whose mails; without it those of the newest author whom the visitor has not shown to be. */
  email?: string | undefined;
  pageSize?: number;
}

export type PartAnswer =
  | { kind: "parted"; conversationId: string }
  /** No mail of theirs is here, or the visitor has shown that they are that person. */
  | { kind: "nothing" }
  /** One is moved elsewhere at this moment, or its move is to be tried again: the address stays until a repeat has parted all. */
  | { kind: "busy" };

export async function partMails(env: Env, db: Database, request: PartRequest): Promise<PartAnswer> {
  const { conversationId, email: wanted } = request;
  const chat = conversationStub(env, conversationId);
  const authors = (await chat.mailFacts())?.unconfirmed ?? [];
  const email = await findAuthor(db, conversationId, wanted === undefined ? authors : authors.filter((one) => one === wanted));
  if (email === null) return { kind: "nothing" };
  const moved = await moveAll(env, db, { ...request, email });
  if (moved.kind !== "parted") return moved;
  if (await hasUnsettledMails(db, { conversationId, email })) return { kind: "busy" };
  await chat.takeAddressAway(email);
  return moved;
}

/** The first of these people of whom a mail is here. */
async function findAuthor(db: Database, conversationId: string, authors: readonly string[]): Promise<string | null> {
  for (const email of authors)
    if ((await listMailsOf(db, { conversationId, email, after: null, limit: 1 })).length > 0) return email;
  return null;
}

/** Oldest first, page by page, and what comes in meanwhile, too. */
async function moveAll(env: Env, db: Database, request: PartRequest & { email: string }): Promise<PartAnswer> {
  const { conversationId, email, agentId, pageSize: limit = PAGE_SIZE } = request;
  let target: Target | null = null;
  let rows = await listMailsOf(db, { conversationId, email, after: null, limit });
  while (rows.length > 0) {
    for (const row of rows.filter(isMovable)) {
      if (target?.isBegun !== true) target = await targetOf(env, db, { email, row });
      const answer = await moveMail(env, db, { row, to: target.isBegun ? target.id : null, agentId });
      if (answer === "moved") target = { ...target, isBegun: true };
      else if (answer !== "no_message") return { kind: "busy" };
    }
    rows = await listMailsOf(db, { conversationId, email, after: rows.at(-1) ?? null, limit });
  }
  return target?.isBegun === true ? { kind: "parted", conversationId: target.id } : { kind: "nothing" };
}

interface Target {
  id: string;
  /** Else the mail that is moved to a conversation of its own begins it. */
  isBegun: boolean;
}

/**
 * The conversation by mail that the address has, as one that was parted before is, or the one that a mail was moved here from;
 * else this mail's own. It is the address's place from now on.
 */
async function targetOf(
  env: Env,
  db: Database,
  { email, row }: { email: string; row: LedgerRow & { conversationId: string } },
): Promise<Target> {
  const { conversationId: place, others } = await findPlaceOf(db, email);
  const byMail = others.filter(({ isChat }) => !isChat).map(({ conversationId }) => conversationId);
  const known = [...new Set(place === null ? byMail : [place, ...byMail])].filter((id) => id !== row.conversationId);
  for (const id of known.slice(0, LOOKS_MAX)) {
    const facts = await conversationStub(env, id).mailFacts();
    const isTheirs = facts !== null && facts.beginner === null && mayBePlace(facts, email, { hasOthers: true });
    if (!isTheirs) continue;
    if (id !== place) await setPlace(db, { email, conversationId: id, now: Date.now() });
    return { id, isBegun: true };
  }
  const id = await ownConversationId(env, row);
  await setPlace(db, { email, conversationId: id, now: Date.now() });
  return { id, isBegun: (await conversationStub(env, id).mailFacts()) !== null };
}
