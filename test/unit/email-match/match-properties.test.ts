import * as fc from "fast-check";
import { expect, it } from "vitest";
import { matchConversation } from "../../../worker/email/match-conversation.ts";
import type { FoundConversation, KnownContact, MatchFacts } from "../../../worker/email/match-facts.ts";
import { parseVerdict, type Verdict } from "../../../worker/email/verdict.ts";
import { MAIL_CLASSES } from "../../../worker/email/mail.ts";
import { BOUNCE, buildFacts, buildForm, buildMail, buildPass, ORIGINAL } from "./build-facts.ts";

const RUNS = { seed: 5, numRuns: 5_000 };
const authentic = fc.constantFrom("pass" as const, "fail" as const, "none" as const);
const address = fc.constantFrom("bea@mail.example", "leo@mail.example", "hello@shop.example", "sales+x@shop.example");
const person = fc.record({ address, name: fc.constant(null) });
const conversationId = fc.constantFrom("c1", "c2", "c3");

const found: fc.Arbitrary<FoundConversation> = fc.record({
  conversationId,
  relation: fc.constantFrom("contact" as const, "participant" as const, "stranger" as const),
});
const contact: fc.Arbitrary<KnownContact | null> = fc.option(
  fc.record({
    contactId: fc.constantFrom(null, "p1"),
    latest: fc.option(conversationId.map((id) => ({ conversationId: id, subject: "Parcel" }))),
  }),
);
const token: fc.Arbitrary<MatchFacts["token"]> = fc.oneof(
  fc.constantFrom({ kind: "none" as const }, { kind: "bad" as const }),
  fc.record({
    kind: fc.constant("strong" as const),
    tokenKind: fc.constantFrom("contact" as const, "agent-message" as const, "agent-other" as const, "form" as const),
    conversation: found,
    isForSender: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("agent-forward" as const), agentId: fc.constant("a1") }),
);
const mail = fc
  .record({
    from: fc.option(person),
    to: fc.array(person),
    cc: fc.array(person),
    class: fc.constantFrom(...MAIL_CLASSES),
    loopMarker: fc.constantFrom(null, "loop-1", "theirs"),
    inReplyTo: fc.array(fc.constantFrom("a@x", "b@x")),
    references: fc.array(fc.constantFrom("a@x", "b@x")),
    forwardedFrom: fc.option(fc.record({ address, name: fc.constant(null), subject: fc.constant(null) })),
    bounce: fc.constantFrom(null, BOUNCE),
    authentication: fc.oneof(
      fc.record({ dmarc: authentic, spf: authentic, dkim: authentic }),
      fc.constantFrom("mail.example", "shop.example").map(buildPass),
    ),
  })
  .map(buildMail);
const facts: fc.Arbitrary<MatchFacts> = fc
  .record({
    mail,
    duplicate: fc.constantFrom("none" as const, "same-id-other-content" as const),
    sender: fc.record({
      agentId: fc.constantFrom(null, null, "a1"),
      isBlocked: fc.constantFrom(false, false, true),
      recentMails: fc.constantFrom(1, 1, 21),
      contact,
    }),
    token,
    references: fc.array(found, { maxLength: 3 }),
    original: fc.constantFrom(null, ORIGINAL),
    forwardedContact: contact,
    forwardAcceptedBy: fc.constantFrom(null, null, "a2"),
    form: fc.option(fc.record({ conversationId: fc.option(fc.constant("c-form")), isBlocked: fc.boolean() }).map(buildForm), {
      freq: 1,
    }),
    isSpam: fc.boolean(),
    settings: fc.record({ canAgentsReplyByMail: fc.boolean(), isSplitBySubject: fc.boolean() }),
  })
  .map(buildFacts);

/** The conversation that the mail's text is put into. */
function findEntered(verdict: Verdict): string | null {
  if (verdict.code === "note") return verdict.conversationId;
  return "target" in verdict && verdict.target.kind === "join" ? verdict.target.conversationId : null;
}

it("[T2] [M11] a stranger's mail never enters someone's thread, but marked as another person with a strong token", () => {
  const property = fc.property(facts, (facts) => {
    const verdict = matchConversation(facts);
    const entered = findEntered(verdict);
    if (entered === null) return;
    const strong = facts.token.kind === "strong" ? [facts.token.conversation] : [];
    const belongs = [...strong, ...facts.references].some((f) => f.conversationId === entered && f.relation !== "stranger");
    const isTheirs = facts.sender.contact?.latest?.conversationId === entered;
    const isOfForm = verdict.code === "form" && facts.form?.conversationId === entered;
    // What it takes for that is in agent-authority.test.ts.
    const isByAgent = verdict.code === "note" || verdict.code === "forwarded";
    if (!belongs && !isTheirs && !isByAgent && !isOfForm) expect(verdict.code).toBe("token:new-person");
  });
  fc.assert(property, RUNS);
});

it("[T2] [M16] without a strong token a mail enters only where its sender belongs, or their usual place", () => {
  const property = fc.property(facts, token, (facts, token) => {
    const weak: MatchFacts = { ...facts, token: token.kind === "strong" ? { kind: "none" } : token };
    const verdict = matchConversation(weak);
    // A note is seen by agents alone; a form's conversation is nobody's but that of its person through it.
    if (verdict.code === "note" || verdict.code === "form") return;
    const entered = findEntered(verdict);
    const places = [facts.sender.contact, facts.forwardedContact].map((known) => known?.latest?.conversationId);
    const belongs = facts.references.some((f) => f.conversationId === entered && f.relation !== "stranger");
    expect(entered === null || belongs || places.includes(entered)).toBe(true);
  });
  fc.assert(property, RUNS);
});

it("[M3a] [M3b] [T14] a loop of our own never produces a message", () => {
  const property = fc.property(facts, (facts) => {
    const looping = { ...facts, mail: { ...facts.mail, loopMarker: facts.ownLoopMarker } };
    expect(matchConversation(looping).code).toBe("filtered:loop");
    const from = { address: "sales@shop.example", name: null };
    const own = { ...facts, form: null, sender: { ...facts.sender, agentId: null }, mail: { ...facts.mail, from } };
    expect(matchConversation(own).code).toBe("filtered:loop");
  });
  fc.assert(property, RUNS);
});

it("[M10] [M14] an auto-reply never reopens, notifies, or opens a conversation without an id", () => {
  const property = fc.property(facts, (facts) => {
    // A form may say that its mail was generated; whether it is one is decided before.
    const verdict = matchConversation({ ...facts, form: null, mail: { ...facts.mail, class: "auto-reply" } });
    if (!("target" in verdict)) return;
    expect(verdict.shouldNotify).toBe(false);
    if (verdict.target.kind === "join") expect(verdict.target.shouldReopen).toBe(false);
    else expect(["linked", "forwarded", "forwarded:unverified"]).toContain(verdict.code);
  });
  fc.assert(property, RUNS);
});

it("[M5] a bounce never reopens and never makes a contact or a message", () => {
  const property = fc.property(facts, (facts) => {
    const verdict = matchConversation({ ...facts, form: null, mail: { ...facts.mail, class: "bounce" } });
    expect(["bounce", "filtered:bounce", "filtered:loop"]).toContain(verdict.code);
  });
  fc.assert(property, RUNS);
});

it("a mail that is not authentic, or that nobody wrote, shows nothing of a mailbox; the first never speaks for an agent", () => {
  const property = fc.property(facts, (facts) => {
    const authentication = { dmarc: "fail", spf: "fail", dkim: "fail" } as const;
    const verdict = matchConversation({ ...facts, mail: { ...facts.mail, authentication } });
    expect(verdict).not.toMatchObject({ isAnswer: true });
    const automatic = matchConversation({ ...facts, mail: { ...facts.mail, class: "auto-reply" } });
    expect(automatic).not.toMatchObject({ isAnswer: true });
    expect(verdict).not.toMatchObject({ as: "reply" });
    expect(verdict.code).not.toBe("forwarded");
  });
  fc.assert(property, RUNS);
});

it("[M15] a mail that is not authentic enters and begins nothing without a strong token", () => {
  const property = fc.property(facts, token, (facts, token) => {
    const authentication = { dmarc: "fail", spf: "fail", dkim: "fail" } as const;
    const weak = token.kind === "strong" ? { kind: "none" as const } : token;
    const verdict = matchConversation({ ...facts, token: weak, mail: { ...facts.mail, authentication } });
    expect("target" in verdict || verdict.code === "note").toBe(false);
  });
  fc.assert(property, RUNS);
});

it("[A5] every verdict is stored and read back as it was", () => {
  const property = fc.property(facts, (facts) => {
    const verdict = matchConversation(facts);
    expect(parseVerdict(JSON.parse(JSON.stringify(verdict)))).toEqual(verdict);
  });
  fc.assert(property, RUNS);
});

it("[A5] what is no verdict is none", () => {
  for (const stored of [null, "", {}, { code: "new" }, { ...matchConversation(buildFacts()), code: "of another version" }])
    expect(parseVerdict(stored)).toBeNull();
});
