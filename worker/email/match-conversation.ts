/**
 * Where an inbound mail goes: the decision table, rows M1 to M17, first row that fits. Pure. What protects
 * people from each other is here:
 * - whoever holds a strong token may write into its conversation, and is shown as who they are;
 * - a Message-ID or a `From:` line alone leads only to conversations whose address is proven, because a
 *   visitor reads those where it is not, and ids leak;
 * - a stranger never enters a thread without a token.
 */
import { explainRefusal } from "./smtp-reply.ts";
import type { MailAddress } from "./mail.ts";
import type { FoundConversation, KnownContact, MatchFacts } from "./match-facts.ts";
import { findOtherPeople, isOwnAddress } from "./other-people.ts";
import type { Appending, ContactRef, Decision, Target, Verdict } from "./verdict.ts";

/** Mails of one sender within the window; more is a loop. */
export const LOOP_MAILS_MAX = 20;
export const LOOP_WINDOW_MS = 10 * 60_000;
/** Message-IDs learned from one mail. */
export const LEARNED_IDS_MAX = 50;

interface Row {
  row: string;
  /** Null where the row does not fit. */
  decide: (facts: MatchFacts) => Decision | null;
}

const ROWS: readonly Row[] = [
  { row: "M1", decide: decideUnknownMailbox },
  { row: "M2", decide: decideDuplicate },
  { row: "M3", decide: decideLoop },
  { row: "M4", decide: decideEvent },
  { row: "M5", decide: decideBounce },
  { row: "M6", decide: decideUnknownBounce },
  { row: "M7", decide: decideBlocked },
  { row: "M8", decide: decideForwarded },
  { row: "M9", decide: decideAgentReply },
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
  const common = { campaign: facts.mailbox?.campaign ?? null, isIdReused: facts.duplicate === "same-id-other-content" };
  for (const { row, decide } of ROWS) {
    const decision = decide(facts);
    if (decision !== null) return { ...decision, row, ...common, reason: decision.reason + flagOf(common) };
  }
  const decision = decideNew(facts);
  return { ...decision, row: "M17", ...common, reason: decision.reason + flagOf(common) };
}

function flagOf({ isIdReused }: { isIdReused: boolean }): string {
  return isIdReused ? " Another mail had its Message-ID already." : "";
}

type Found = ReturnType<Row["decide"]>;

function decideUnknownMailbox({ mailbox }: MatchFacts): Found {
  return mailbox === null ? { code: "rejected", reason: "The recipient is not one of our mailboxes." } : null;
}

function decideDuplicate({ duplicate }: MatchFacts): Found {
  return duplicate === "same" ? { code: "duplicate", reason: "This mail was delivered before." } : null;
}

function decideLoop(facts: MatchFacts): Found {
  const { mail, sender } = facts;
  if (mail.loopMarker !== null && mail.loopMarker === facts.ownLoopMarker) {
    return { code: "filtered:loop", reason: "This is a mail of our own that came back." };
  }
  if (mail.from !== null && sender.agentId === null && isOwnAddress(mail.from.address, facts.ownAddresses)) {
    return { code: "filtered:loop", reason: "The sender is one of our own mailboxes." };
  }
  // Reports of our own mails come in bursts from one daemon; each of them says something about a message.
  const isReport = facts.original !== null && ["bounce", "complaint", "receipt"].includes(mail.class);
  if (sender.recentMails <= LOOP_MAILS_MAX || isReport) return null;
  return { code: "filtered:loop", reason: `This sender sent more than ${LOOP_MAILS_MAX} mails within 10 minutes.` };
}

function decideEvent({ mail, original }: MatchFacts): Found {
  if (mail.class === "complaint") {
    // Only an address that we did write to: anyone can send a complaint about anyone.
    const reason = original === null ? "A complaint about a mail that is not known." : "The recipient reported our mail as spam.";
    return { code: "event", event: "complaint", original, suppress: original?.recipient ?? null, reason };
  }
  if (mail.class !== "receipt") return null;
  const opened = mail.report?.isOpened === true ? { isOpened: true } : {};
  const reason = "A receipt: the mail was opened or deleted.";
  return { code: "event", event: "receipt", ...opened, original, suppress: null, reason };
}

function decideBounce({ mail, original }: MatchFacts): Found {
  if (mail.class !== "bounce" || original === null) return null;
  const isHard = mail.bounce?.isHard === true;
  const deliveryReason = reasonOf(mail.bounce) ?? (isHard ? "The address can't be reached." : "The mail is delayed.");
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
  if (sender.agentId === null || original === null || isForged(facts) || isOwnAddress(original.address, facts.ownAddresses))
    return null;
  // An agent who forwards their own mail writes for themselves.
  if (original.address === mail.from?.address) return null;
  const author = { address: original.address, name: original.name };
  return {
    code: "forwarded",
    target: chooseLatest(facts, facts.forwardedContact, author),
    author,
    forwardedBy: sender.agentId,
    note: mail.forwardNote.trim() === "" ? null : mail.forwardNote,
    ...append(facts, { learnIds: learnOwn(facts) }),
    reason: `An agent forwarded a mail of ${original.address}.`,
  };
}

function decideAgentReply(facts: MatchFacts): Found {
  const { token, sender, settings } = facts;
  const conversation = token.kind === "strong" ? token.conversation : facts.references[0];
  // Also one who is in copy: what colleagues say among themselves is not the customer's word.
  if (sender.agentId === null || conversation === undefined || conversation.relation === "contact") return null;
  const isStrong = token.kind === "strong";
  // Without a token it is a From line and an id, and both can be had.
  if (!isStrong && (isForged(facts) || !conversation.isAddressProven)) return null;
  const isOwnToken = token.kind === "strong" && token.isForSender;
  const mayReply = isOwnToken && settings.canAgentsReplyByMail && facts.mail.class === "person" && !isForged(facts);
  const as = mayReply ? "reply" : "note";
  return {
    code: "note",
    conversationId: conversation.conversationId,
    agentId: sender.agentId,
    as,
    isVerified: isOwnToken || facts.mail.authentication.dmarc === "pass",
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
    // The mail with this token was sent to the contact's address and is answered from there.
    provesAddress: isContact && token.isForSender && !isForged(facts),
    ...append(facts, {
      learnIds: learnAll(facts),
      participants: isContact ? findOtherPeople(facts.mail, facts.ownAddresses) : [],
    }),
    reason: isContact
      ? "The contact answered to the signed reply address."
      : "A participant answered to the signed reply address.",
  };
}

function decideNewPerson(facts: MatchFacts): Found {
  const { token } = facts;
  if (token.kind !== "strong") return null;
  return {
    code: "token:new-person",
    target: join(facts, token.conversation),
    // Only its own id: a stranger's list of ids must not lead other mails here.
    ...append(facts, { learnIds: learnOwn(facts) }),
    reason: "Someone else wrote to this conversation's signed reply address.",
  };
}

function decideReference(facts: MatchFacts): Found {
  // Nobody wrote it whom its From line names: an id, which can be had, leads it nowhere.
  if (isForged(facts)) return null;
  const conversation = facts.references.find(({ relation, isAddressProven }) => relation !== "stranger" && isAddressProven);
  if (conversation === undefined) return null;
  const reason = "It answers a mail of this conversation, and its sender belongs to it.";
  return { code: "reference", target: join(facts, conversation), ...append(facts, { learnIds: learnOwn(facts) }), reason };
}

function decideLinked(facts: MatchFacts): Found {
  const [conversation] = facts.references;
  // One id, which many may have, is no way around the brake.
  if (conversation === undefined || isForged(facts) || (facts.isBraked && facts.sender.contact === null)) return null;
  const isStranger = conversation.relation === "stranger";
  return {
    code: "linked",
    target: begin(facts),
    linkedTo: conversation.conversationId,
    ...append(facts, { learnIds: learnOwn(facts), participants: findOtherPeople(facts.mail, facts.ownAddresses) }),
    reason: isStranger
      ? "It refers to a mail of another conversation, to which its sender does not belong."
      : "It refers to a conversation whose visitor has not proven this address.",
  };
}

function decideAutoReply({ mail }: MatchFacts): Found {
  return mail.class === "auto-reply" ? { code: "filtered:auto-reply", reason: "An automatic answer to no known mail." } : null;
}

function decideQuarantine(facts: MatchFacts): Found {
  if (isForged(facts)) return { code: "quarantined", cause: "authentication", reason: "The sender's address may be forged." };
  return facts.isSpam ? { code: "quarantined", cause: "spam", reason: "This mail is spam." } : null;
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

function decideBraked({ isBraked }: MatchFacts): Found {
  return isBraked ? { code: "filtered:brake", reason: "Too many mails of unknown senders came at once." } : null;
}

/** What the brake holds back: conversations of people who have never written, by their own mail. */
export function beginsForStranger(verdict: Verdict): boolean {
  if (verdict.code !== "new" && verdict.code !== "linked") return false;
  return verdict.target.kind === "begin" && verdict.target.contact.kind === "new";
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
  if (latest === null || !latest.isAddressProven) return begun;
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

function begin({ sender, mail }: MatchFacts): Target {
  return { kind: "begin", contact: toContactRef(sender.contact, mail.from) };
}

function toContactRef(contact: KnownContact | null, address: MailAddress | null): ContactRef {
  return contact === null ? { kind: "new", address } : { kind: "known", contactId: contact.contactId };
}

function join({ mail }: MatchFacts, { conversationId }: Pick<FoundConversation, "conversationId">): Target {
  return { kind: "join", conversationId, shouldReopen: mail.class !== "auto-reply" };
}

function append({ mail }: MatchFacts, details: { learnIds: string[]; participants?: MailAddress[] }): Appending {
  return { shouldNotify: mail.class !== "auto-reply", learnIds: details.learnIds, participants: details.participants ?? [] };
}

/** A Message-ID that another mail has already leads elsewhere. */
function learnOwn({ mail, duplicate }: MatchFacts): string[] {
  return duplicate === "none" ? [mail.messageId] : [];
}

/** The platform chooses our Message-IDs: only the answer tells them. Newest first. */
function learnAll(facts: MatchFacts): string[] {
  const { inReplyTo, references } = facts.mail;
  const others = [...inReplyTo, ...references].reverse();
  return [...new Set([...learnOwn(facts), ...others])].slice(0, LEARNED_IDS_MAX);
}

/** DMARC decides where it was evaluated; else both SPF and DKIM must fail, for forwarding breaks either. */
function isForged({ mail }: MatchFacts): boolean {
  const { dmarc, spf, dkim } = mail.authentication;
  return dmarc === "fail" || (dmarc === "none" && spf === "fail" && dkim === "fail");
}
