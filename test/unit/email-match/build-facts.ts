import type { FormFacts, FoundConversation, KnownContact, MatchFacts } from "../../../worker/email/match-facts.ts";
import type { ReplyKind } from "../../../worker/email/reply-address.ts";
import type { OriginalMessage } from "../../../worker/email/verdict.ts";

export type MailFacts = MatchFacts["mail"];

export const BEA = { address: "bea@mail.example", name: "Bea" };
export const ORIGINAL: OriginalMessage = { conversationId: "c-original", seq: 7, recipient: "bea@mail.example", isProven: true };
export const BOUNCE = {
  recipient: "bea@mail.example",
  status: "5.1.1",
  isHard: true,
  diagnostic: "no such user",
  originalMessageId: "ours@shop.example",
  originalReplyTo: [],
};

export function buildMail(overrides: Partial<MailFacts> = {}): MailFacts {
  return {
    from: BEA,
    to: [{ address: "hello@shop.example", name: null }],
    cc: [],
    subject: "Parcel",
    messageId: "m1@mail.example",
    inReplyTo: [],
    references: [],
    class: "person",
    forwardedFrom: null,
    forwardNote: "",
    bounce: null,
    report: null,
    loopMarker: null,
    authentication: { dmarc: "none", spf: "none", dkim: "none" },
    ...overrides,
  };
}

export function buildFound(overrides: Partial<FoundConversation> = {}): FoundConversation {
  return { conversationId: "c1", relation: "contact", ...overrides };
}

export function buildContact(latest: Partial<KnownContact["latest"]> = {}): KnownContact {
  return { contactId: "p1", latest: { conversationId: "c-latest", subject: "Parcel", ...latest } };
}

/** A first mail of an unknown person: M17. */
export function buildFacts(overrides: Partial<MatchFacts> = {}): MatchFacts {
  return {
    mail: buildMail(),
    mailbox: { address: "hello@shop.example", campaign: null },
    duplicate: "none",
    ownLoopMarker: "loop-1",
    ownAddresses: ["hello@shop.example", "sales@shop.example"],
    sender: buildSender(),
    token: { kind: "none" },
    references: [],
    original: null,
    forwardedContact: null,
    forwardAcceptedBy: null,
    form: null,
    isSpam: false,
    isBraked: false,
    settings: { canAgentsReplyByMail: false, isSplitBySubject: false },
    ...overrides,
  };
}

export function buildSender(overrides: Partial<MatchFacts["sender"]> = {}): MatchFacts["sender"] {
  return { agentId: null, isBlocked: false, recentMails: 1, contact: null, ...overrides };
}

export function buildToken(
  found: Partial<FoundConversation> = {},
  isForSender = true,
  tokenKind: ReplyKind = "contact",
): MatchFacts["token"] {
  return { kind: "strong", tokenKind, conversation: buildFound({ conversationId: "c-token", ...found }), isForSender };
}

/** What the server that settings name says of a mail from this domain. */
export function buildPass(passDomain = "mail.example"): MailFacts["authentication"] {
  return { dmarc: "pass", spf: "none", dkim: "none", passDomain };
}

export function buildForm(overrides: Partial<FormFacts> = {}): FormFacts {
  return {
    address: "form@site.example",
    person: { address: "leo@mail.example", name: "Leo" },
    conversationId: null,
    isBlocked: false,
    agentId: null,
    recentMails: 1,
    ...overrides,
  };
}
