/** Carries out the verdicts that make a note: what agents say by mail, and what comes back from outside. Safe to repeat. */
import type { OpenRequest, ReceivedMail } from "../../durable-objects/conversation/intake.ts";
import { TEXT_LENGTH_MAX, type Message } from "../../durable-objects/conversation/protocol.ts";
import { findAgent } from "../db/agents.ts";
import { findByMessageIds, saveMailId } from "../db/mail-threads.ts";
import type { Agent } from "../domain/api-shapes.ts";
import { hasRole } from "../domain/roles.ts";
import { conversationStub } from "../objects.ts";
import { openRequest } from "./find-place.ts";
import { contentOf, leftOutOf, type ApplyInput, type Content } from "./mail-content.ts";
import { personOf } from "./mail-claims.ts";
import type { Verdict } from "./verdict.ts";

type VerdictOf<C extends Verdict["code"]> = Extract<Verdict, { code: C }>;
interface Place {
  conversationId: string;
  seq: number;
}

/** What every note of a mail has: it brings nobody, wakes nobody and shows nothing of an address. */
const NOTE = { channel: "note", contact: null, shouldReopen: false, isAnswer: false } as const satisfies Partial<ReceivedMail>;

/** What stands above a forwarded mail. */
export async function addForwardNote(input: ApplyInput, open: OpenRequest, verdict: VerdictOf<"forwarded">): Promise<void> {
  const agent = await findAgent(input.db, verdict.forwardedBy);
  const above = { ...input.mail, attachments: [], text: verdict.note ?? "", forwardedText: "", html: null, quoted: "" };
  await conversationStub(input.env, open.id).receiveMail({
    ...(await contentOf({ ...input, mail: above }, open.id)),
    ...NOTE,
    open,
    author: { kind: "agent", id: verdict.forwardedBy, ...(agent === null ? {} : { name: agent.name }) },
    mail: { ledgerId: input.row.id },
  });
}

/** An agent's answer (M9): to the contact, or a note. */
export async function applyAgentReply(input: ApplyInput, verdict: VerdictOf<"note">): Promise<Place> {
  const { env, db, row, mail } = input;
  const { conversationId } = verdict;
  const agent = await findAgent(db, verdict.agentId);
  const content = await contentOf(input, conversationId);
  const reply = await sendReply(input, verdict, { agent, content });
  const message =
    reply.message ??
    (await conversationStub(env, conversationId).receiveMail({
      ...content,
      ...NOTE,
      open: openRequest(input, conversationId, null),
      author: { kind: "agent", id: verdict.agentId, ...(agent === null ? {} : { name: agent.name }) },
      mail: {
        ledgerId: row.id,
        ...(mail.from === null ? {} : { from: { address: mail.from.address } }),
        ...(reply.isHeldBack && { isHeldBack: true }),
        ...leftOutOf(input),
      },
    }));
  return learn(input, { conversationId, seq: message.seq });
}

/** `message` is null where it stays a note. */
interface SentReply {
  message: Message | null;
  isHeldBack: boolean;
}
const NOT_SENT: SentReply = { message: null, isHeldBack: false };

/**
 * Passes an agent's answer on to the contact, as if it had been written in the inbox. It is for the address to which replies
 * went when its agent read what they answer: whoever types another one since is not sent it (T4).
 */
async function sendReply(
  input: ApplyInput,
  { as, conversationId }: VerdictOf<"note">,
  { agent, content }: { agent: Agent | null; content: Content },
): Promise<SentReply> {
  if (as === "note" || agent === null || !hasRole(agent.role, "agent")) return NOT_SENT;
  const { env, row } = input;
  const answer = await conversationStub(env, conversationId).send({
    // The same mail again is the same reply (A2).
    clientId: row.id,
    author: { kind: "agent", id: agent.id, name: agent.name },
    channel: "email",
    text: content.text.slice(0, TEXT_LENGTH_MAX),
    attachmentIds: content.attachments.map(({ id }) => id),
    uploadedBy: "mail",
    answersSeq: await findAnswered(input, conversationId),
    undoMs: 0,
  });
  if (answer.kind === "stored" || answer.kind === "repeated") return { message: answer.message, isHeldBack: false };
  if (answer.kind === "rejected" && answer.reason === "try_again") throw new Error("the files of a reply could not be claimed");
  return { message: null, isHeldBack: answer.kind === "rejected" && answer.reason === "address_changed" };
}

/** The newest message of the conversation that the mail refers to; null where it refers to none that is known. */
async function findAnswered({ db, row, mail }: ApplyInput, conversationId: string): Promise<number | null> {
  const known = await findByMessageIds(db, row.mailboxId, [...mail.references, ...mail.inReplyTo]);
  return known?.conversationId === conversationId ? known.seq : null;
}

/** The answer to a mail that was sent on (M9a): for agents, never in an agent's name, and owing nothing. */
export async function applyOutside(input: ApplyInput, { conversationId }: VerdictOf<"outside">): Promise<Place> {
  const { env, row, mail } = input;
  const from = mail.from === null ? null : personOf(mail.from);
  const message = await conversationStub(env, conversationId).receiveMail({
    ...(await contentOf(input, conversationId)),
    ...NOTE,
    open: openRequest(input, conversationId, null),
    author: { kind: "contact", ...(from === null ? {} : { name: from.name ?? from.address }) },
    mail: { ledgerId: row.id, isFromOutside: true, ...(from === null ? {} : { from }), ...leftOutOf(input) },
  });
  return learn(input, { conversationId, seq: message.seq });
}

async function learn({ db, row, mail, contentHash }: ApplyInput, place: Place): Promise<Place> {
  await saveMailId(db, {
    mailboxId: row.mailboxId,
    messageId: mail.messageId,
    ...place,
    contentHash,
    ledgerId: row.id,
    createdAt: Date.now(),
  });
  return place;
}
