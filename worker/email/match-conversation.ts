/**
 * Where an inbound mail goes: the decision table, rows M1 to M17, first row that fits. Pure. Some rows stand in other
 * `match-` files. What protects people from each other is here:
 * - whoever holds a strong token may write into its conversation, and is shown as who they are;
 * - a Message-ID leads its sender only to conversations that they belong to, a `From:` line alone to the usual place of
 *   its address; whom the mail is for there is stored with it, so that no browser in a chat reads it unless it has shown
 *   that the address is theirs;
 * - a stranger never enters a thread without a token;
 * - what a mail says of itself gives nobody's authority: not an agent's, and no right to file words as a third person's.
 */
import { findAgentClaim, findAuthority, findForwarder, isForged } from "./agent-authority.ts";
import { explainRefusal } from "./smtp-reply.ts";
import type { MailAddress } from "./mail.ts";
import { decideAutoReply, decideBraked, decideLoop, decideOwnMarker, decideQuarantine } from "./match-aside.ts";
import type { KnownContact, MatchFacts } from "./match-facts.ts";
import { decideForm, decideNewPerson, decideOutside } from "./match-outsiders.ts";
import { asClaim } from "./report-evidence.ts";
import { append, begin, join, learnOwn, toContactRef, type Found } from "./match-parts.ts";
import { findOtherPeople, isOwnAddress } from "./other-people.ts";
import type { Decision, Target, Verdict } from "./verdict.ts";

/** Message-IDs learned from one mail. */
export const LEARNED_IDS_MAX = 50;

interface Row {
  row: string;
  /** Null where the row does not fit. */
  decide: (facts: MatchFacts) => Found;
}

const ROWS: readonly Row[] = [
  { row: "M1", decide: decideUnknownMailbox },
  { row: "M2", decide: decideDuplicate },
  { row: "M3a", decide: decideOwnMarker },
  { row: "M7a", decide: decideForm },
  { row: "M3b", decide: decideLoop },
  { row: "M4", decide: decideEvent },
  { row: "M5", decide: decideBounce },
  { row: "M6", decide: decideUnknownBounce },
  { row: "M7", decide: decideBlocked },
  { row: "M8", decide: decideForwarded },
  { row: "M9", decide: decideAgentReply },
  { row: "M9a", decide: decideOutside },
  { row: "M10", decide: decideToken },
  { row: "M11", decide: decideNewPerson },
  { row: "M12", decide: decideReference },
  { row: "M13", decide: decideLinked },
  { row: "M14", decide: decideAutoReply },
  { row: "M15", decide: decideQuarantine },
  { row: "M16", decide: decideContact },
  { row: "M16a", decide: decideBraked },
];

/** The verdict of the first row that fits. */
export function matchConversation(facts: MatchFacts): Verdict {
  for (const { row, decide } of ROWS) {
    const decision = decide(facts);
    if (decision !== null) return verdictOf(facts, row, decision);
  }
  return verdictOf(facts, "M17", decideNew(facts));
}

function verdictOf(facts: MatchFacts, row: string, decision: Decision): Verdict {
  const isIdReused = facts.duplicate === "same-id-other-content";
  const reason = isIdReused ? `${decision.reason} Another mail had its Message-ID already.` : decision.reason;
  return { ...withClaim(facts, decision), row, campaign: facts.mailbox?.campaign ?? null, isIdReused, reason };
}

/** A mail that only says that it is an agent's goes where a stranger's goes, and is marked (T20). */
function withClaim(facts: MatchFacts, decision: Decision): Decision {
  if (!("target" in decision) || decision.code === "forwarded") return decision;
  // Of a form's mail the author is who filled it in.
  const claimsAgent = decision.code === "form" ? (facts.form?.agentId ?? null) : findAgentClaim(facts);
  return claimsAgent === null ? decision : { ...decision, claimsAgent };
}

function decideUnknownMailbox({ mailbox }: MatchFacts): Found {
  return mailbox === null ? { code: "rejected", reason: "The recipient is not one of our mailboxes." } : null;
}

function decideDuplicate({ duplicate }: MatchFacts): Found {
  return duplicate === "same" ? { code: "duplicate", reason: "This mail was delivered before." } : null;
}

function decideEvent({ mail, original }: MatchFacts): Found {
  if (mail.class === "complaint") {
    // Only an address that we did write to, and by who had that mail: anyone can send a complaint about anyone.
    const suppress = original?.isProven === true ? original.recipient : null;
    return { code: "event", event: "complaint", original, suppress, reason: complaintReason(original) };
  }
  if (mail.class !== "receipt") return null;
  const opened = mail.report?.isOpened === true ? { isOpened: true } : {};
  const reason = "A receipt: the mail was opened or deleted.";
  return { code: "event", event: "receipt", ...opened, original, suppress: null, reason };
}

function complaintReason(original: MatchFacts["original"]): string {
  if (original === null) return "A complaint about a mail that is not known.";
  return original.isProven
    ? "The recipient reported our mail as spam."
    : "A complaint that anyone could have sent: it is only noted with the message.";
}

function decideBounce({ mail, original }: MatchFacts): Found {
  if (mail.class !== "bounce" || original === null) return null;
  const isHard = mail.bounce?.isHard === true;
  const deliveryReason = reasonOf(mail.bounce) ?? (isHard ? "The address can't be reached." : "The mail is delayed.");
  if (!original.isProven) {
    const reason = "A bounce that anyone could have sent: it is only noted with the message.";
    return { code: "bounce", original, deliveryReason: asClaim(deliveryReason), undeliverable: null, reason };
  }
  const reason = isHard ? "A mail of ours could not be delivered." : "A mail of ours could not be delivered yet.";
  return { code: "bounce", original, deliveryReason, undeliverable: isHard ? original.recipient : null, reason };
}

/** What the other server said, in plain words; null where nobody knows. */
function reasonOf(bounce: MatchFacts["mail"]["bounce"]): string | null {
  if (bounce === null || bounce.diagnostic === null) return null;
  const said = /^(\d{3})[ -]+(.*)$/s.exec(bounce.diagnostic);
  const code = said === null ? (bounce.isHard ? 550 : 450) : Number(said[1]);
  const words = said?.[2] ?? bounce.diagnostic;
  const hasStatus = /^[245]\.\d/.test(words);
  return explainRefusal({ code, lines: [hasStatus || bounce.status === null ? words : `${bounce.status} ${words}`] }, "recipient")
    .reason;
}

function decideUnknownBounce({ mail }: MatchFacts): Found {
  return mail.class === "bounce" ? { code: "filtered:bounce", reason: "A bounce of a mail that is not known." } : null;
}

function decideBlocked({ sender }: MatchFacts): Found {
  return sender.isBlocked ? { code: "filtered:blocked", reason: "The sender is blocked." } : null;
}

function decideForwarded(facts: MatchFacts): Found {
  const { mail, sender } = facts;
  const original = mail.forwardedFrom;
  if (original === null || isForged(facts) || isOwnAddress(original.address, facts.ownAddresses)) return null;
  // An agent who forwards their own mail writes for themselves.
  if (original.address === mail.from?.address) return null;
  // A colleague's click is as good as evidence; the words above the mail are still those of whom it names.
  const accepted = facts.forwardAcceptedBy === null ? null : (sender.agentId ?? facts.forwardAcceptedBy);
  const forwardedBy = findForwarder(facts) ?? accepted;
  if (forwardedBy === null) return decideUnverifiedForward(facts);
  const author = { address: original.address, name: original.name };
  return {
    code: "forwarded",
    target: chooseLatest(facts, facts.forwardedContact, author),
    author,
    forwardedBy,
    acceptedBy: facts.forwardAcceptedBy,
    note: mail.forwardNote.trim() === "" ? null : mail.forwardNote,
    ...append(facts, { learnIds: learnOwn(facts) }),
    reason: `An agent forwarded a mail of ${original.address}.`,
  };
}

/** Only its `From` line says that an agent forwarded it: nobody's words are put into anybody's conversation for that. */
function decideUnverifiedForward(facts: MatchFacts): Found {
  const { mail, sender } = facts;
  const original = mail.forwardedFrom;
  // Who has shown otherwise that they are the agent answers a conversation (M9).
  if (original === null || sender.agentId === null || findAuthority(facts) !== null) return null;
  // Whoever writes an agent's name into `From` gets no way around the brake.
  if (facts.isBraked) return null;
  return {
    code: "forwarded:unverified",
    target: begin(facts),
    original: { address: original.address, name: original.name },
    ...append(facts, { learnIds: learnOwn(facts), participants: findOtherPeople(mail, facts.ownAddresses) }),
    reason: `It says that an agent forwarded a mail of ${original.address}; not verified.`,
  };
}

function decideAgentReply(facts: MatchFacts): Found {
  const { token, settings } = facts;
  const authority = findAuthority(facts);
  const conversation = token.kind === "strong" ? token.conversation : facts.references[0];
  if (authority === null || conversation === undefined) return null;
  // In a conversation of their own they are the person, unless they answer what they were told as an agent. One who is in
  // copy is an agent: what colleagues say among themselves is not the customer's word.
  if (conversation.relation === "contact" && authority.token === null) return null;
  const mayReply = authority.isBelieved && authority.token === "message" && settings.canAgentsReplyByMail;
  const as = mayReply && facts.mail.class === "person" ? "reply" : "note";
  return {
    code: "note",
    conversationId: conversation.conversationId,
    agentId: authority.agentId,
    as,
    learnIds: learnOwn(facts),
    reason: as === "reply" ? "An agent answered the contact by mail." : "An agent answered by mail: kept as a note.",
  };
}

function decideToken(facts: MatchFacts): Found {
  const { token } = facts;
  if (token.kind !== "strong" || token.conversation.relation === "stranger") return null;
  const isContact = token.conversation.relation === "contact";
  return {
    code: "token",
    target: join(facts, token.conversation),
    // The mail with this token was sent to the contact's address and is answered from there: the mailbox exists.
    isAnswer: isContact && token.isForSender && !isForged(facts) && facts.mail.class !== "auto-reply",
    ...append(facts, {
      learnIds: learnAll(facts),
      participants: isContact ? findOtherPeople(facts.mail, facts.ownAddresses) : [],
    }),
    reason: isContact
      ? "The contact answered to the signed reply address."
      : "A participant answered to the signed reply address.",
  };
}

function decideReference(facts: MatchFacts): Found {
  // Nobody wrote it whom its From line names: an id, which can be had, leads it nowhere.
  if (isForged(facts)) return null;
  const conversation = facts.references.find(({ relation }) => relation !== "stranger");
  if (conversation === undefined) return null;
  const reason = "It answers a mail of this conversation, and its sender belongs to it.";
  return { code: "reference", target: join(facts, conversation), ...append(facts, { learnIds: learnOwn(facts) }), reason };
}

function decideLinked(facts: MatchFacts): Found {
  const [conversation] = facts.references;
  // One id, which many may have, is no way around the brake.
  if (conversation === undefined || isForged(facts) || (facts.isBraked && facts.sender.contact === null)) return null;
  return {
    code: "linked",
    target: begin(facts),
    linkedTo: conversation.conversationId,
    ...append(facts, { learnIds: learnOwn(facts), participants: findOtherPeople(facts.mail, facts.ownAddresses) }),
    reason: "It refers to a mail of another conversation, to which its sender does not belong.",
  };
}

function decideContact(facts: MatchFacts): Found {
  const { contact } = facts.sender;
  if (contact === null) return null;
  const target = chooseLatest(facts, contact, facts.mail.from);
  const isJoining = target.kind === "join";
  return {
    code: "contact",
    target,
    ...append(facts, {
      learnIds: learnOwn(facts),
      participants: isJoining ? [] : findOtherPeople(facts.mail, facts.ownAddresses),
    }),
    reason: isJoining ? "The sender is a known contact." : "The sender is a known contact; this begins a new conversation.",
  };
}

/**
 * What the brake holds back: conversations of people who have never written, by their own mail or through what only looks like
 * a contact form; forms that the owner has called so have a limit of their own.
 */
export function beginsForStranger(verdict: Verdict, called: readonly string[]): boolean {
  switch (verdict.code) {
    case "new":
    case "linked":
    case "forwarded:unverified":
      return verdict.target.kind === "begin" && verdict.target.contact.kind === "new";
    case "form":
      return verdict.target.kind === "begin" && !called.includes(verdict.form);
    default:
      return false;
  }
}

function decideNew(facts: MatchFacts): Decision {
  return {
    code: "new",
    target: begin(facts),
    ...append(facts, { learnIds: learnOwn(facts), participants: findOtherPeople(facts.mail, facts.ownAddresses) }),
    reason: facts.mail.from === null ? "The mail names no sender." : "The sender is not known yet.",
  };
}

/** The contact's latest conversation, where a From line is enough to enter it; else a new one. */
function chooseLatest(facts: MatchFacts, contact: KnownContact | null, address: MailAddress | null): Target {
  const latest = contact?.latest ?? null;
  const begun: Target = { kind: "begin", contact: toContactRef(contact, address) };
  if (latest === null) return begun;
  return isOtherSubject(facts, latest.subject) ? { ...begun, replaces: latest.conversationId } : join(facts, latest);
}

function isOtherSubject({ mail, settings }: MatchFacts, subject: string | null): boolean {
  return settings.isSplitBySubject && simplifySubject(mail.subject) !== simplifySubject(subject ?? "");
}

/** Without the prefixes of answers and forwards in the common languages. */
function simplifySubject(subject: string): string {
  const bare = subject.normalize("NFKC").trim().toLowerCase();
  return bare.replace(/^(?:(?:re|fwd?|aw|wg|sv|vs|rv|tr|res|enc|antw|odp)(?:\[\d{1,3}\])?\s{0,3}:\s{0,3}){1,20}/, "");
}

/** The platform chooses our Message-IDs: only the answer tells them. Newest first. */
function learnAll(facts: MatchFacts): string[] {
  const { inReplyTo, references } = facts.mail;
  const others = [...inReplyTo, ...references].reverse();
  return [...new Set([...learnOwn(facts), ...others])].slice(0, LEARNED_IDS_MAX);
}
