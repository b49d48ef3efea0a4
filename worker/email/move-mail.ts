/**
 * An agent moves a mail to another conversation. The wish is in the mail's ledger row before anything happens; every step
 * after that can be repeated, and cron carries out what a crash has left: the other conversation takes the mail in, the
 * one that had it marks it as moved, and then everything in D1 follows in one transaction. A move is never half given up.
 */
import type { OpenRequest } from "../../durable-objects/conversation/intake.ts";
import type { MailPart } from "../../durable-objects/conversation/moves.ts";
import type { Author, ContactSummary, Message } from "../../durable-objects/conversation/protocol.ts";
import { newId } from "../api/new-id.ts";
import { deriveConversationId } from "../auth/visitor-token.ts";
import { findAgent } from "../db/agents.ts";
import { findContactByEmail, findOrCreateContact } from "../db/contacts.ts";
import { openDatabase, type Database } from "../db/database.ts";
import { updateLedger, type LedgerRow } from "../db/ledger.ts";
import { isMovable, isMoving, listDueMoves, moveFiles, requestMove, settleMove, type MovingRow } from "../db/mail-moves.ts";
import { listMailboxes } from "../db/settings.ts";
import { describeError } from "../domain/error-text.ts";
import { configOf, type Env } from "../env.ts";
import { conversationStub, locationHintOf } from "../objects.ts";

/** Moves taken up in one run of cron. */
const DUE_MAX = 25;

export type MoveAnswer = "moved" | "no_message" | "unknown_conversation" | "busy";

interface MoveRequest {
  row: LedgerRow;
  /** Null for a conversation of its own: the same one however often it is asked for. */
  to: string | null;
  agentId: string;
}

/** `moved` says that it will be done: at once, or by cron where something failed on the way. */
export async function moveMail(env: Env, db: Database, { row, to, agentId }: MoveRequest): Promise<MoveAnswer> {
  if (!isMovable(row)) return "no_message";
  const target = to ?? (await ownConversationId(env, row));
  if (row.moveTo === null && row.conversationId === target) return "moved";
  if (row.moveTo !== null && row.moveTo !== target) return "busy";
  // What an agent answered by mail went out as a reply of theirs, and is no mail of anybody there.
  if ((await conversationStub(env, row.conversationId).mailParts(row.seq)).length === 0) return "no_message";
  if (to !== null && (await conversationStub(env, to).mailFacts()) === null) return "unknown_conversation";
  const wish = row.moveTo === null ? await requestMove(db, row, { to: target, agentId, now: Date.now() }) : row;
  if (wish === null) return "busy";
  await tryMove(env, db, wish);
  return "moved";
}

/** What a crash or a failure has left unfinished. */
export async function carryOutDueMoves(env: Env): Promise<void> {
  const db = openDatabase(env.DB);
  for (const row of await listDueMoves(db, DUE_MAX)) {
    // One that fails again does not keep the others waiting for ever.
    await updateLedger(db, row.id, { updatedAt: Date.now() });
    await tryMove(env, db, row);
  }
}

async function tryMove(env: Env, db: Database, row: LedgerRow): Promise<void> {
  try {
    if (isMoving(row)) await carryOut(env, db, row);
  } catch (error) {
    console.error(JSON.stringify({ level: "error", event: "move_failed", ledgerId: row.id, ...describeError(error) }));
  }
}

/** The conversation of its own that a mail can be moved to: the same however often it is asked for. */
export async function ownConversationId(env: Env, row: LedgerRow): Promise<string> {
  const { APP_SECRET } = configOf(env);
  return deriveConversationId(APP_SECRET, { purpose: "conversation-of-moved-mail", clientId: row.id, at: row.receivedAt });
}

async function carryOut(env: Env, db: Database, row: MovingRow): Promise<void> {
  const { conversationId: from, moveTo: to, moves: move } = row;
  const source = conversationStub(env, from);
  const target = conversationStub(env, to, locationHintOf(env, null));
  const parts = await source.mailParts(row.seq);
  const first = parts[0]?.message;
  if (first === undefined) throw new Error("a mail that is to be moved is not in its conversation");
  const author = first.author.kind === "contact" ? (first.mail?.from ?? null) : null;
  const contact = await contactOf(env, db, { row, author, isTyped: first.mail?.form !== undefined });
  const actor = await actorOf(db, row);
  await moveFiles(db, row, filesOf(parts));
  const message = await target.moveMailIn({
    open: openRequest(row, first, { contact, author }),
    parts,
    from: { conversationId: from, at: first.mail?.movedFrom?.at ?? first.at, ...nameOf(actor) },
    mailbox: await mailboxOf(db, row),
    contactId: contact?.id ?? null,
    move,
    actor,
  });
  await source.moveMailOut({ keys: parts.map(({ key }) => key), to: { conversationId: to, ...nameOf(actor) }, move, actor });
  const facts = await target.mailFacts();
  const isTheirs = author !== null && (facts?.email === author.address || (contact !== null && facts?.contactId === contact.id));
  await settleMove(db, row, {
    seq: message.seq,
    // It may have been there already, with files of its own.
    fileIds: [...filesOf(parts), ...filesOf(await target.mailParts(message.seq))],
    // Who typed an address into a form is not in its owner's correspondence.
    participant: author === null || isTheirs || first.mail?.form !== undefined ? null : author.address,
    placeOf: isTheirs ? author.address : null,
    now: Date.now(),
  });
}

type MailAuthor = NonNullable<NonNullable<Message["mail"]>["from"]>;

/** Whose mail it is; a conversation of its own needs somebody to write to. */
async function contactOf(
  env: Env,
  db: Database,
  { row, author, isTyped }: { row: MovingRow; author: MailAuthor | null; isTyped: boolean },
): Promise<ContactSummary | null> {
  // Nobody is anybody, nor comes into the address book, for an address that was typed into a form.
  if (author === null || isTyped) return null;
  const known = await findContactByEmail(db, author.address);
  if (known !== null) return { id: known.id, name: known.name, email: author.address };
  if (row.moveTo !== (await ownConversationId(env, row))) return null;
  const { address: email, name = null } = author;
  const made = await findOrCreateContact(db, { id: newId(), email, name, isProven: true, now: Date.now() });
  return { id: made.id, name: made.name, email };
}

/** Used where the conversation has not begun, which only one of the mail's own has not. */
function openRequest(
  row: MovingRow,
  message: Message,
  { contact, author }: { contact: ContactSummary | null; author: MailAuthor | null },
): OpenRequest {
  const form = message.mail?.form?.address;
  return {
    id: row.moveTo,
    hasVisitor: false,
    visitor: null,
    contact,
    capture: form === undefined || author === null ? null : { email: author.address },
    ...(form === undefined ? {} : { form }),
    subject: message.subject ?? null,
    mail: { mailboxId: row.mailboxId, mailbox: "", references: [], lastInboundId: null },
  };
}

async function mailboxOf(db: Database, { mailboxId, envelopeTo }: LedgerRow): Promise<{ id: string; address: string }> {
  const mailbox = (await listMailboxes(db)).find(({ id }) => id === mailboxId);
  return { id: mailboxId, address: mailbox?.address ?? envelopeTo };
}

async function actorOf(db: Database, { movedBy }: LedgerRow): Promise<Author> {
  const agent = movedBy === null ? null : await findAgent(db, movedBy);
  return agent === null ? { kind: "system" } : { kind: "agent", id: agent.id, name: agent.name };
}

function nameOf({ name }: Author): { by: string } | Record<string, never> {
  return name === undefined ? {} : { by: name };
}

function filesOf(parts: MailPart[]): string[] {
  return parts.flatMap(({ message }) => message.attachments.map(({ id }) => id));
}
