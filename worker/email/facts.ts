/** Looks up everything that the decision table asks about a mail. */
import { findAgentByEmail } from "../db/agents.ts";
import { findContactByEmail, isBlockedAddress } from "../db/contacts.ts";
import { countRecentMails, findTwin } from "../db/ledger.ts";
import { findForwardingAgent } from "../db/forwarding-keys.ts";
import { findConversationsByIds, findReplyKey, isParticipant } from "../db/mail-threads.ts";
import type { Database } from "../db/database.ts";
import { assertNever } from "../domain/assert-never.ts";
import { hasRole } from "../domain/roles.ts";
import { conversationStub } from "../objects.ts";
import { isBraked } from "./brake.ts";
import { findUsualPlace } from "./find-usual-place.ts";
import { findOriginal } from "./find-original.ts";
import { findForm } from "./form-facts.ts";
import { LOOP_WINDOW_MS } from "./match-aside.ts";
import { matchConversation } from "./match-conversation.ts";
import type { FoundConversation, KnownContact, MatchFacts } from "./match-facts.ts";
import { parseReplyAddress, type ReplyKeys } from "./reply-address.ts";
import { loopMarkerOf, replyKeysOf } from "./secrets.ts";
import { parseCampaign } from "./subaddress.ts";
import type { TakenUp } from "./taken-up.ts";

/** Conversations that the ids of one mail lead to, and that are looked at. */
const REFERENCED_MAX = 5;
/** Weak tokens of one mail that are looked at. */
const WEAK_TOKENS_MAX = 5;

export async function gatherFacts(input: TakenUp): Promise<MatchFacts> {
  const facts = await lookUpFacts(input);
  const { acceptedBy, forwardAcceptedBy } = input.row;
  if (acceptedBy !== null || forwardAcceptedBy !== null) return acceptedFacts(facts);
  return { ...facts, isBraked: await isBraked(input, matchConversation(facts)) };
}

/** An agent has looked at the mail and wants it: nothing that kept it aside counts any more; where it goes still does. */
export function acceptedFacts(facts: MatchFacts): MatchFacts {
  return {
    ...facts,
    mail: { ...facts.mail, class: "person", loopMarker: null, authentication: { dmarc: "none", spf: "none", dkim: "none" } },
    ownAddresses: [],
    sender: { ...facts.sender, isBlocked: false, recentMails: 0 },
    form: facts.form === null ? null : { ...facts.form, isBlocked: false, recentMails: 0 },
    isSpam: false,
    isBraked: false,
  };
}

async function lookUpFacts(input: TakenUp): Promise<MatchFacts> {
  const { env, db, settings, mailboxes, row, mail, contentHash } = input;
  const sender = mail.from?.address ?? null;
  const { canAgentsReplyByMail, isSplitBySubject } = settings.mail;
  const mailbox = mailboxes.find(({ id }) => id === row.mailboxId);
  const twinKey = { id: row.id, mailboxId: row.mailboxId, messageId: mail.messageId, contentHash };
  // At once: none needs another, and each is a way to the database.
  const [keys, ownLoopMarker, duplicate, agentId, isBlocked, recentMails, contact, forwardedContact, form] = await Promise.all([
    replyKeysOf(env),
    loopMarkerOf(env),
    findTwin(db, twinKey),
    sender === null ? null : findClaimedAgent(db, sender),
    sender !== null && isBlockedAddress(db, sender),
    sender === null ? 0 : countRecentMails(db, sender, { from: row.receivedAt - LOOP_WINDOW_MS, to: row.receivedAt }),
    sender === null ? null : findKnownContact(input, sender),
    mail.forwardedFrom === null ? null : findKnownContact(input, mail.forwardedFrom.address),
    findForm(input),
  ]);
  const lookup = { ...input, keys, sender, senderContactId: contact?.contactId ?? null };
  const [token, references, original] = await Promise.all([readToken(lookup), findReferences(lookup), findOriginal(lookup)]);
  return {
    mail,
    mailbox: mailbox === undefined ? null : { address: mailbox.address, campaign: parseCampaign(row.envelopeTo) },
    duplicate,
    ownLoopMarker,
    ownAddresses: mailboxes.map(({ address }) => address),
    sender: {
      agentId,
      isBlocked,
      recentMails: form?.mailsOfPerson ?? recentMails,
      contact,
    },
    token,
    references,
    original,
    forwardedContact,
    forwardAcceptedBy: row.forwardAcceptedBy,
    form: form?.form ?? null,
    isSpam: mail.isMarkedSpam === true,
    isBraked: false,
    settings: { canAgentsReplyByMail, isSplitBySubject },
  };
}

type Lookup = TakenUp & { keys: ReplyKeys; sender: string | null; senderContactId: string | null };

/** Whose role is less than an agent's may not write in the inbox, and so not by mail either. */
async function findClaimedAgent(db: Database, address: string): Promise<string | null> {
  const agent = await findAgentByEmail(db, address);
  return agent !== null && hasRole(agent.role, "agent") ? agent.id : null;
}

async function findKnownContact({ env, db }: TakenUp, email: string): Promise<KnownContact | null> {
  const [contact, latest] = await Promise.all([findContactByEmail(db, email), findUsualPlace(env, db, email)]);
  if (contact === null && latest === null) return null;
  return { contactId: contact?.id ?? null, latest };
}

async function readToken(lookup: Lookup): Promise<MatchFacts["token"]> {
  const { db, keys, row, sender } = lookup;
  const token = await parseReplyAddress({ keys, address: row.envelopeTo });
  switch (token.kind) {
    case "none":
      return token;
    case "bad":
      return badToken(lookup);
    case "agent-forward": {
      const agent = await findForwardingAgent(db, token.agentKey);
      const isTheirs = agent !== null && hasRole(agent.role, "agent") && (await token.isFor(agent.email));
      return isTheirs ? { kind: "agent-forward", agentId: agent.id } : badToken(lookup);
    }
    case "token": {
      const conversationId = await findReplyKey(db, token.conversationKey);
      const conversation = conversationId === null ? null : await findConversation(lookup, conversationId);
      if (conversation === null) return badToken(lookup);
      const isForSender = sender !== null && (await token.isFor(sender));
      return { kind: "strong", tokenKind: token.tokenKind, conversation, isForSender };
    }
    default:
      return assertNever(token);
  }
}

/** To be counted: one is a slip, many are somebody who tries. */
function badToken({ row }: Lookup): { kind: "bad" } {
  console.warn(JSON.stringify({ level: "warn", event: "bad_reply_token", ledgerId: row.id }));
  return { kind: "bad" };
}

async function findReferences(lookup: Lookup): Promise<FoundConversation[]> {
  const { db, mail, row, keys } = lookup;
  const byId = await findConversationsByIds(db, row.mailboxId, [...mail.references, ...mail.inReplyTo]);
  const ids = new Set(byId.slice(0, REFERENCED_MAX));
  for (const address of mail.mentionedAddresses.slice(0, WEAK_TOKENS_MAX)) {
    const token = await parseReplyAddress({ keys, address });
    const id = token.kind === "token" ? await findReplyKey(db, token.conversationKey) : null;
    if (id !== null) ids.add(id);
  }
  const found = await Promise.all([...ids].map((id) => findConversation(lookup, id)));
  return found.flatMap((conversation) => conversation ?? []);
}

async function findConversation(lookup: Lookup, conversationId: string): Promise<FoundConversation | null> {
  const facts = await conversationStub(lookup.env, conversationId).mailFacts();
  if (facts === null) return null;
  const { sender, senderContactId } = lookup;
  const isContact =
    sender !== null && (facts.email === sender || (senderContactId !== null && facts.contactId === senderContactId));
  const relation = isContact
    ? "contact"
    : sender !== null && (await isParticipant(lookup.db, conversationId, sender))
      ? "participant"
      : "stranger";
  return { conversationId, relation };
}
