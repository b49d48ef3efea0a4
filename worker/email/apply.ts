/** Carries out a verdict: into a conversation, onto a message, or aside. Safe to repeat. */
import type { Message } from "../../durable-objects/conversation/protocol.ts";
import { findAgent } from "../db/agents.ts";
import { findContactByEmail, proveAddress } from "../db/contacts.ts";
import type { LedgerRow } from "../db/ledger.ts";
import { setPlace } from "../db/places.ts";
import { addParticipants, learnMailIds, saveMailId } from "../db/mail-threads.ts";
import { assertNever } from "../domain/assert-never.ts";
import { conversationStub, locationHintOf } from "../objects.ts";
import { addForwardNote, applyAgentReply, applyOutside } from "./apply-notes.ts";
import { applyBounce, applyEvent } from "./apply-report.ts";
import { findFormPlace } from "./find-form-place.ts";
import { findPlace, type Place } from "./find-place.ts";
import { isPlaceOf } from "./find-usual-place.ts";
import { leaveClaim, takeFilesAlong } from "./leave-claim.ts";
import { claimsOf, personOf } from "./mail-claims.ts";
import { contentOf, leftOutOf, type ApplyInput } from "./mail-content.ts";
import type { MailAddress } from "./mail.ts";
import { findOtherPeople } from "./other-people.ts";
import type { Verdict } from "./verdict.ts";

/** What the ledger notes. */
export type Applied = Pick<LedgerRow, "state" | "verdict" | "reason" | "conversationId" | "seq">;

export async function applyVerdict(input: ApplyInput): Promise<Applied> {
  const { verdict } = input;
  switch (verdict.code) {
    case "rejected":
    case "duplicate":
      return noted(input, "applied");
    case "filtered:loop":
    case "filtered:bounce":
    case "filtered:blocked":
    case "filtered:auto-reply":
    case "filtered:brake":
      return noted(input, "filtered");
    case "quarantined":
      return noted(input, "quarantined");
    case "event":
      await applyEvent(input, verdict);
      return {
        ...noted(input, "applied"),
        conversationId: verdict.original?.conversationId ?? null,
        seq: verdict.original?.seq ?? null,
      };
    case "bounce": {
      const { conversationId, seq } = verdict.original;
      await applyBounce(input, verdict);
      return { ...noted(input, "applied"), conversationId, seq };
    }
    case "note":
      return { ...noted(input, "applied"), ...(await applyAgentReply(input, verdict)) };
    case "outside":
      return { ...noted(input, "applied"), ...(await applyOutside(input, verdict)) };
    case "form":
    case "forwarded":
    case "forwarded:unverified":
    case "token":
    case "token:new-person":
    case "reference":
    case "linked":
    case "contact":
    case "new":
      return applyMessage(input, verdict);
    default:
      return assertNever(verdict);
  }
}

function noted({ verdict }: ApplyInput, state: LedgerRow["state"]): Applied {
  return { state, verdict: verdict.code, reason: verdict.reason, conversationId: null, seq: null };
}

type MessageVerdict = Extract<Verdict, { target: unknown }>;

async function applyMessage(input: ApplyInput, verdict: MessageVerdict): Promise<Applied> {
  const { env, db, row, mail } = input;
  const author = authorOf(input, verdict);
  const place = verdict.code === "form" ? await findFormPlace(input, verdict) : await findPlace(input, verdict, author);
  // Before the append: once the mail is there, a repeat finds a known contact and would learn nobody.
  const people = verdict.participants.map(({ address }) => address);
  const conversationId = place.open.id;
  await addParticipants(db, { conversationId, ledgerId: row.id, emails: people, now: Date.now() });
  const stub = conversationStub(env, place.open.id, locationHintOf(env, null));
  await takeFilesAlong(input, conversationId);
  const content = await contentOf(input, place.open.id);
  const message = await stub.receiveMail({
    ...content,
    open: place.open,
    author: { kind: "contact", ...(author === null ? {} : nameOf(author)) },
    channel: "email",
    mail: {
      ...(await mailInfo(input, verdict, author)),
      ...(mail.html !== null && content.html === null && { hasLongHtml: true }),
    },
    contact: place.contact,
    shouldReopen: verdict.target.kind === "begin" || verdict.target.shouldReopen,
    isAnswer: verdict.code === "token" && verdict.isAnswer,
  });
  if (verdict.code === "forwarded" && verdict.note !== null) await addForwardNote(input, place.open, verdict);
  await remember(input, verdict, message.seq, place);
  await leaveClaim(input, { conversationId, seq: message.seq });
  return { ...noted(input, "applied"), conversationId: place.open.id, seq: message.seq };
}

/** Of a forwarded mail, and of one that a form has sent, somebody else than its sender. */
function authorOf({ mail }: ApplyInput, verdict: MessageVerdict): MailAddress | null {
  if (verdict.code === "forwarded") return verdict.author;
  return verdict.code === "form" ? verdict.person : mail.from;
}

async function mailInfo(
  input: ApplyInput,
  verdict: MessageVerdict,
  author: MailAddress | null,
): Promise<NonNullable<Message["mail"]>> {
  const { db, row, mail } = input;
  const forwardedBy =
    verdict.code === "forwarded" ? ((await findAgent(db, verdict.forwardedBy))?.name ?? mail.from?.address) : undefined;
  return {
    ledgerId: row.id,
    ...(author === null ? {} : { from: personOf(author) }),
    ...othersOf(input, verdict),
    ...(await claimsOf(input, verdict)),
    ...(verdict.campaign === null ? {} : { campaign: verdict.campaign }),
    ...(verdict.code === "token:new-person" ? { isNewPerson: true } : {}),
    ...((await isParticipantMail(input, verdict, author)) ? { isParticipant: true } : {}),
    ...(forwardedBy === undefined ? {} : { forwardedBy }),
    ...(mail.class === "auto-reply" ? { isAutomatic: true } : {}),
    ...(verdict.code === "linked" ? { linkedTo: verdict.linkedTo } : {}),
    ...leftOutOf(input),
    ...(mail.invitation ? { invitation: mail.invitation } : {}),
    ...(mail.protection ? { protection: mail.protection } : {}),
  };
}

/** Who else the mail was written to; of a forwarded one only its forwarder is known, and a form writes to us alone. */
function othersOf({ mailboxes, mail }: ApplyInput, { code }: MessageVerdict): Pick<NonNullable<Message["mail"]>, "others"> {
  if (code === "forwarded" || code === "form") return {};
  const others = findOtherPeople(
    mail,
    mailboxes.map(({ address }) => address),
  );
  return others.length === 0 ? {} : { others: others.map(personOf) };
}

/** Whether it joins a conversation whose contact did not write it; looked up when it is carried out. */
async function isParticipantMail(
  { env, db }: ApplyInput,
  { code, target }: MessageVerdict,
  author: MailAddress | null,
): Promise<boolean> {
  if (author === null || target.kind !== "join" || code === "token:new-person" || code === "form") return false;
  const facts = await conversationStub(env, target.conversationId).mailFacts();
  if (facts === null || facts.email === author.address) return false;
  const sender = await findContactByEmail(db, author.address);
  return sender === null || sender.id !== facts.contactId;
}

function nameOf(author: MailAddress): { name: string } {
  return { name: author.name ?? author.address };
}

/** What later mails are matched by. */
async function remember(input: ApplyInput, verdict: MessageVerdict, seq: number, place: Place): Promise<void> {
  const { db, row, mail, contentHash } = input;
  const now = Date.now();
  const conversationId = place.open.id;
  const { mailboxId } = row;
  if (!verdict.isIdReused)
    await saveMailId(db, {
      mailboxId,
      messageId: mail.messageId,
      conversationId,
      seq,
      contentHash,
      ledgerId: row.id,
      createdAt: now,
    });
  const ids = verdict.learnIds.filter((id) => id !== mail.messageId);
  await learnMailIds(db, { mailboxId, conversationId, ledgerId: row.id, ids, now });
  if (verdict.code !== "token" || !verdict.isAnswer || mail.from === null) return;
  const email = mail.from.address;
  await proveAddress(db, email);
  if (await isPlaceOf(input.env, db, { conversationId, email })) await setPlace(db, { email, conversationId, now });
}
