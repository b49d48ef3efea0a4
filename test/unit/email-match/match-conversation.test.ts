import { describe, expect, it } from "vitest";
import { LOOP_MAILS_MAX } from "../../../worker/email/match-aside.ts";
import { LEARNED_IDS_MAX, matchConversation } from "../../../worker/email/match-conversation.ts";
import { PARTICIPANTS_MAX } from "../../../worker/email/other-people.ts";
import type { KnownContact, MatchFacts } from "../../../worker/email/match-facts.ts";
import {
  BEA,
  BOUNCE,
  buildContact,
  buildFacts,
  buildForm,
  buildFound,
  buildMail,
  buildPass,
  buildSender,
  buildToken,
  ORIGINAL,
} from "./build-facts.ts";

const NO_LABEL = { campaign: null, isIdReused: false };
const OWN_ID = { shouldNotify: true, learnIds: ["m1@mail.example"], participants: [] };
const AGENT = buildSender({ agentId: "a1" });

function joining(conversationId: string, shouldReopen = true) {
  return { kind: "join", conversationId, shouldReopen };
}

describe("each row", () => {
  it("[M1] a mail to no mailbox of ours is rejected for good", () => {
    expect(matchConversation(buildFacts({ mailbox: null }))).toEqual({
      row: "M1",
      code: "rejected",
      reason: "The recipient is not one of our mailboxes.",
      ...NO_LABEL,
    });
  });

  it("[M2] [A9] a mail that is stored already changes nothing; the same id with other content goes on, flagged", () => {
    expect(matchConversation(buildFacts({ duplicate: "same" }))).toEqual({
      row: "M2",
      code: "duplicate",
      reason: "This mail was delivered before.",
      ...NO_LABEL,
    });
    expect(matchConversation(buildFacts({ duplicate: "same-id-other-content" }))).toMatchObject({
      row: "M17",
      isIdReused: true,
      learnIds: [],
    });
  });

  it("[M3a] our own mail that comes back is kept aside", () => {
    expect(matchConversation(buildFacts({ mail: buildMail({ loopMarker: "loop-1" }) }))).toEqual({
      row: "M3a",
      code: "filtered:loop",
      reason: "This is a mail of our own that came back.",
      ...NO_LABEL,
    });
  });

  it("[M3b] a mailbox of ours without an agent, and a flood are kept aside", () => {
    const loop = { row: "M3b", code: "filtered:loop", ...NO_LABEL };
    const own = buildMail({ from: { address: "sales+x@shop.example", name: null } });
    expect(matchConversation(buildFacts({ mail: own }))).toEqual({ ...loop, reason: "The sender is one of our own mailboxes." });
    // That it is an agent's address too is no evidence that the agent wrote.
    expect(matchConversation(buildFacts({ mail: own, sender: AGENT })).row).toBe("M3b");
    const believed = { ...own, authentication: buildPass("shop.example") };
    expect(matchConversation(buildFacts({ mail: believed, sender: AGENT })).row).toBe("M17");
    const flood = buildFacts({ sender: buildSender({ recentMails: LOOP_MAILS_MAX + 1 }) });
    expect(matchConversation(flood)).toEqual({ ...loop, reason: "This sender sent more than 20 mails within 10 minutes." });
    expect(matchConversation(buildFacts({ sender: buildSender({ recentMails: LOOP_MAILS_MAX }) })).row).toBe("M17");
  });

  it("[M3a] the marker of another deployment is no loop", () => {
    expect(matchConversation(buildFacts({ mail: buildMail({ loopMarker: "theirs" }) })).row).toBe("M17");
  });

  it("[M4] complaints and receipts are events on the message they are about", () => {
    const complaint = buildFacts({ mail: buildMail({ class: "complaint" }), original: ORIGINAL });
    expect(matchConversation(complaint)).toEqual({
      row: "M4",
      code: "event",
      event: "complaint",
      original: ORIGINAL,
      suppress: "bea@mail.example",
      reason: "The recipient reported our mail as spam.",
      ...NO_LABEL,
    });
    expect(matchConversation({ ...complaint, original: null })).toMatchObject({ code: "event", original: null, suppress: null });
    const receipt = buildFacts({ mail: buildMail({ class: "receipt" }), original: ORIGINAL });
    expect(matchConversation(receipt)).toMatchObject({ code: "event", event: "receipt", original: ORIGINAL, suppress: null });
  });

  it("[M5] a bounce turns its message failed and marks the address where it is hard", () => {
    const facts = buildFacts({ mail: buildMail({ class: "bounce", bounce: BOUNCE }), original: ORIGINAL });
    expect(matchConversation(facts)).toEqual({
      row: "M5",
      code: "bounce",
      original: ORIGINAL,
      deliveryReason: "This address does not exist. It said: 5.1.1 no such user",
      undeliverable: "bea@mail.example",
      reason: "A mail of ours could not be delivered.",
      ...NO_LABEL,
    });
    const soft = buildMail({ class: "bounce", bounce: { ...BOUNCE, isHard: false, diagnostic: null } });
    expect(matchConversation({ ...facts, mail: soft })).toMatchObject({
      undeliverable: null,
      deliveryReason: "The mail is delayed.",
    });
  });

  it("[M5] marks only the address that we wrote to, whatever the bounce claims", () => {
    const mail = buildMail({ class: "bounce", bounce: { ...BOUNCE, recipient: "victim@mail.example" } });
    expect(matchConversation(buildFacts({ mail, original: ORIGINAL }))).toMatchObject({ undeliverable: "bea@mail.example" });
  });

  it("[M5] a storm of bounces is not taken for a loop", () => {
    const mail = buildMail({ class: "bounce", bounce: BOUNCE });
    expect(matchConversation(buildFacts({ mail, original: ORIGINAL, sender: buildSender({ recentMails: 500 }) })).row).toBe("M5");
  });

  it("[M6] a bounce of an unknown mail is kept aside", () => {
    const mail = buildMail({ class: "bounce", bounce: BOUNCE });
    expect(matchConversation(buildFacts({ mail, sender: buildSender({ contact: buildContact() }) }))).toEqual({
      row: "M6",
      code: "filtered:bounce",
      reason: "A bounce of a mail that is not known.",
      ...NO_LABEL,
    });
  });

  it("[M7] a blocked sender is kept aside", () => {
    expect(matchConversation(buildFacts({ sender: buildSender({ isBlocked: true }) }))).toEqual({
      row: "M7",
      code: "filtered:blocked",
      reason: "The sender is blocked.",
      ...NO_LABEL,
    });
  });

  it("[E15] [M10] a strong token with its contact joins, reopens, shows that the mailbox exists and learns all ids", () => {
    const mail = buildMail({
      inReplyTo: ["b@x"],
      references: ["a@x", "b@x"],
      cc: [{ address: "leo@mail.example", name: "Leo" }, { address: "hello+token@shop.example", name: null }, BEA],
    });
    expect(matchConversation(buildFacts({ mail, token: buildToken() }))).toEqual({
      row: "M10",
      code: "token",
      target: joining("c-token"),
      isAnswer: true,
      shouldNotify: true,
      learnIds: ["m1@mail.example", "b@x", "a@x"],
      participants: [{ address: "leo@mail.example", name: "Leo" }],
      reason: "The contact answered to the signed reply address.",
      ...NO_LABEL,
    });
  });

  it("[M10] a participant joins without showing anything or bringing others", () => {
    const mail = buildMail({ cc: [{ address: "leo@mail.example", name: "Leo" }] });
    expect(matchConversation(buildFacts({ mail, token: buildToken({ relation: "participant" }) }))).toMatchObject({
      code: "token",
      isAnswer: false,
      participants: [],
      reason: "A participant answered to the signed reply address.",
    });
  });

  it("[M10] a token that was sent to someone else, or a forged From, proves no address", () => {
    expect(matchConversation(buildFacts({ token: buildToken({}, false) }))).toMatchObject({
      code: "token",
      isAnswer: false,
    });
    const mail = buildMail({ authentication: { dmarc: "fail", spf: "none", dkim: "none" } });
    expect(matchConversation(buildFacts({ mail, token: buildToken() }))).toMatchObject({ code: "token", isAnswer: false });
  });

  it("[M10] an auto-reply joins without reopening or notifying", () => {
    const facts = buildFacts({ mail: buildMail({ class: "auto-reply" }), token: buildToken() });
    expect(matchConversation(facts)).toMatchObject({ code: "token", target: joining("c-token", false), shouldNotify: false });
  });

  it("[M10] learns a limited number of ids", () => {
    const references = Array.from({ length: 500 }, (_, index) => `${index}@x`);
    const verdict = matchConversation(buildFacts({ mail: buildMail({ references }), token: buildToken() }));
    if (verdict.code !== "token") throw new Error(verdict.code);
    expect(verdict.learnIds.length).toBe(LEARNED_IDS_MAX);
    expect(verdict.learnIds.slice(0, 3)).toEqual(["m1@mail.example", "499@x", "498@x"]);
  });

  it("[M11] [T3] a stranger with a strong token is shown as another person and teaches no ids", () => {
    const mail = buildMail({ references: ["someone-elses@x"] });
    expect(matchConversation(buildFacts({ mail, token: buildToken({ relation: "stranger" }) }))).toEqual({
      row: "M11",
      code: "token:new-person",
      target: joining("c-token"),
      ...OWN_ID,
      reason: "Someone else wrote to this conversation's signed reply address.",
      ...NO_LABEL,
    });
  });

  it("[M12] an answer by id joins where its sender belongs to the conversation", () => {
    expect(matchConversation(buildFacts({ references: [buildFound({ relation: "participant" })] }))).toEqual({
      row: "M12",
      code: "reference",
      target: joining("c1"),
      ...OWN_ID,
      reason: "It answers a mail of this conversation, and its sender belongs to it.",
      ...NO_LABEL,
    });
    const references = [buildFound({ relation: "stranger" }), buildFound({ conversationId: "c2" })];
    expect(matchConversation(buildFacts({ references }))).toMatchObject({ target: joining("c2") });
    const late = buildFacts({ mail: buildMail({ class: "auto-reply" }), references });
    expect(matchConversation(late)).toMatchObject({ target: joining("c2", false), shouldNotify: false });
  });

  it("[M13] a stranger who knows an id gets a conversation of their own, linked", () => {
    expect(matchConversation(buildFacts({ references: [buildFound({ relation: "stranger" })] }))).toEqual({
      row: "M13",
      code: "linked",
      target: { kind: "begin", contact: { kind: "new", address: BEA } },
      linkedTo: "c1",
      ...OWN_ID,
      reason: "It refers to a mail of another conversation, to which its sender does not belong.",
      ...NO_LABEL,
    });
  });

  it("[M12] an id leads who belongs there also into a chat: whom the mail is for is stored with it (A16)", () => {
    const sender = buildSender({ contact: { contactId: null, latest: null } });
    expect(matchConversation(buildFacts({ sender, references: [buildFound()] }))).toMatchObject({
      row: "M12",
      target: joining("c1"),
    });
  });

  it("[M14] an auto-reply to nothing never opens a conversation", () => {
    const facts = buildFacts({ mail: buildMail({ class: "auto-reply" }), sender: buildSender({ contact: buildContact() }) });
    expect(matchConversation(facts)).toEqual({
      row: "M14",
      code: "filtered:auto-reply",
      reason: "An automatic answer to no known mail.",
      ...NO_LABEL,
    });
  });

  it("[M15] a forged From or certain spam is quarantined", () => {
    const quarantined = { row: "M15", code: "quarantined", ...NO_LABEL };
    const forged = { ...quarantined, cause: "authentication", reason: "The sender's address may be forged." };
    const failing = [
      { dmarc: "fail", spf: "pass", dkim: "none" },
      { dmarc: "none", spf: "fail", dkim: "fail" },
    ] as const;
    for (const authentication of failing)
      expect(matchConversation(buildFacts({ mail: buildMail({ authentication }) }))).toEqual(forged);
    const passing = [
      { dmarc: "pass", spf: "fail", dkim: "fail" },
      { dmarc: "none", spf: "fail", dkim: "none" },
    ] as const;
    for (const authentication of passing)
      expect(matchConversation(buildFacts({ mail: buildMail({ authentication }) })).row).toBe("M17");
    expect(matchConversation(buildFacts({ isSpam: true }))).toEqual({
      ...quarantined,
      cause: "spam",
      reason: "This mail is spam.",
    });
  });

  it("[M16] [S14] a known contact joins their latest conversation", () => {
    expect(matchConversation(buildFacts({ sender: buildSender({ contact: buildContact() }) }))).toEqual({
      row: "M16",
      code: "contact",
      target: joining("c-latest"),
      ...OWN_ID,
      reason: "The sender is a known contact.",
      ...NO_LABEL,
    });
  });

  it("[M16] [T2] where their address has no usual place they begin a conversation", () => {
    const sender = buildSender({ contact: { contactId: "p1", latest: null } });
    expect(matchConversation(buildFacts({ sender }))).toMatchObject({
      row: "M16",
      target: { kind: "begin", contact: { kind: "known", contactId: "p1" } },
    });
  });

  it("[M16] an address that is nobody's in the address book, and was typed in one chat, joins that one", () => {
    const latest = { conversationId: "c-chat", subject: null };
    const facts = (contact: KnownContact) => buildFacts({ sender: buildSender({ contact }) });
    expect(matchConversation(facts({ contactId: null, latest }))).toMatchObject({ row: "M16", target: joining("c-chat") });
    const begun = { kind: "begin", contact: { kind: "new", address: BEA } };
    expect(matchConversation(facts({ contactId: null, latest: null }))).toMatchObject({ row: "M16", target: begun });
  });

  it("[M16] a setting begins new conversations for new subjects", () => {
    const settings = { canAgentsReplyByMail: false, isSplitBySubject: true };
    const sender = buildSender({ contact: buildContact({ subject: "Parcel" }) });
    const about = (subject: string) => matchConversation(buildFacts({ settings, sender, mail: buildMail({ subject }) }));
    expect(about("Re: RV: AW[2]: parcel ")).toMatchObject({ target: joining("c-latest") });
    const begun = { kind: "begin", contact: { kind: "known", contactId: "p1" }, replaces: "c-latest" };
    expect(about("Invoice")).toMatchObject({ target: begun });
  });

  it("[M17] [S14] an unknown sender gets a contact and a conversation; others become participants", () => {
    const others = Array.from({ length: 30 }, (_, index) => ({ address: `p${index}@mail.example`, name: null }));
    const mail = buildMail({ cc: [...others, { address: "SALES@shop.example", name: null }] });
    expect(matchConversation(buildFacts({ mail }))).toEqual({
      row: "M17",
      code: "new",
      target: { kind: "begin", contact: { kind: "new", address: BEA } },
      ...OWN_ID,
      participants: others.slice(0, PARTICIPANTS_MAX),
      reason: "The sender is not known yet.",
      ...NO_LABEL,
    });
  });

  it("[M17] a mail without a readable sender is not lost", () => {
    expect(matchConversation(buildFacts({ mail: buildMail({ from: null }) }))).toMatchObject({
      code: "new",
      target: { kind: "begin", contact: { kind: "new", address: null } },
      reason: "The mail names no sender.",
    });
  });

  it("[E14] [S13] carries the label of its campaign on any path", () => {
    const mailbox = { address: "hello@shop.example", campaign: "spring" };
    expect(matchConversation(buildFacts({ mailbox })).campaign).toBe("spring");
    expect(matchConversation(buildFacts({ mailbox, token: buildToken() })).campaign).toBe("spring");
  });
});

describe("both rows fit and the first wins", () => {
  const loop = buildMail({ loopMarker: "loop-1" });
  const forwarded = { address: "leo@mail.example", name: null, subject: null };
  const strange = [buildFound({ relation: "stranger" })];
  const contact = buildContact();
  const cases: [string, Partial<MatchFacts>][] = [
    ["M1", { mailbox: null, duplicate: "same" }],
    ["M2", { duplicate: "same", mail: loop }],
    ["M3a", { mail: { ...loop, class: "complaint" } }],
    ["M7a", { form: buildForm(), mail: buildMail({ class: "list", from: { address: "hello@shop.example", name: null } }) }],
    ["M3b", { mail: buildMail({ class: "complaint" }), sender: buildSender({ recentMails: LOOP_MAILS_MAX + 1 }) }],
    ["M4", { mail: buildMail({ class: "complaint", bounce: BOUNCE }), original: ORIGINAL }],
    ["M5", { mail: buildMail({ class: "bounce", bounce: BOUNCE }), original: ORIGINAL, token: buildToken() }],
    ["M6", { mail: buildMail({ class: "bounce", bounce: BOUNCE }), sender: buildSender({ isBlocked: true }) }],
    ["M7", { mail: buildMail({ forwardedFrom: forwarded }), sender: buildSender({ isBlocked: true, agentId: "a1" }) }],
    ["M8", { mail: buildMail({ forwardedFrom: forwarded }), sender: AGENT, token: buildToken({ relation: "stranger" }) }],
    ["M9", { sender: AGENT, token: buildToken({ relation: "stranger" }, true, "agent-other"), references: [buildFound()] }],
    ["M9a", { token: buildToken({ relation: "participant" }, true, "forward"), references: [buildFound()] }],
    ["M10", { token: buildToken(), references: [buildFound()] }],
    ["M11", { token: buildToken({ relation: "stranger" }), references: [buildFound()] }],
    ["M12", { references: [buildFound(), ...strange] }],
    ["M13", { references: strange, mail: buildMail({ class: "auto-reply" }) }],
    ["M14", { mail: buildMail({ class: "auto-reply" }), isSpam: true }],
    ["M15", { isSpam: true, sender: buildSender({ contact }) }],
    ["M16", { sender: buildSender({ contact }) }],
  ];
  it.each(cases)("[%s]", (row, overrides) => {
    expect(matchConversation(buildFacts(overrides)).row).toBe(row);
  });
});
