import { describe, expect, it } from "vitest";
import { readFormMail } from "../../../worker/email/contact-form.ts";
import { LOOP_MAILS_MAX } from "../../../worker/email/match-aside.ts";
import { matchConversation } from "../../../worker/email/match-conversation.ts";
import { FORM_MAILS_MAX } from "../../../worker/email/match-outsiders.ts";
import { buildContact, buildFacts, buildForm, buildFound, buildMail, buildSender, buildToken } from "./build-facts.ts";

const LEO = { address: "leo@mail.example", name: "Leo" };
const mailFrom = (address: string, more: Partial<Parameters<typeof readFormMail>[0]["mail"]> = {}) => ({
  from: { address, name: null },
  replyTo: [LEO],
  class: "person" as const,
  autoSubmitted: null,
  ...more,
});
const read = (mail: Parameters<typeof readFormMail>[0]["mail"]) =>
  readFormMail({ mail, ownAddresses: ["hello@shop.example"], called: ["wordpress@site.example"] });

describe("[M7a] a contact form", () => {
  it.each([
    "no-reply@site.example",
    "noreply@site.example",
    "shop-no_reply@site.example",
    "do-not-reply+17@site.example",
    "no-responder@site.example",
    "wordpress@site.example",
    "hello@shop.example",
    "hello+contact@shop.example",
  ])("is a sender that is no person: %s", (address) => {
    expect(read(mailFrom(address))).toEqual({ address, person: LEO });
  });

  it("is no form where a person may have written", () => {
    for (const address of [
      "vera@mail.example",
      "casino-reply@mail.example",
      "replynow@mail.example",
      "notifications@mail.example",
    ])
      expect(read(mailFrom(address))).toBeNull();
  });

  it("names one other person, and none of ours", () => {
    const from = "no-reply@site.example";
    expect(read(mailFrom(from, { replyTo: [] }))).toBeNull();
    expect(read(mailFrom(from, { replyTo: [{ address: from, name: null }] }))).toBeNull();
    expect(read(mailFrom(from, { replyTo: [LEO, { address: "ana@mail.example", name: null }] }))).toBeNull();
    expect(read(mailFrom(from, { replyTo: [{ address: "hello+token@shop.example", name: null }] }))).toBeNull();
    expect(read(mailFrom(from, { replyTo: [{ address: "noreply@mail.example", name: null }] }))).toBeNull();
    // The same one twice, and the sender beside them, are one other.
    expect(read(mailFrom(from, { replyTo: [LEO, LEO, { address: from, name: null }] }))).toEqual({ address: from, person: LEO });
  });

  it("may say that its mail was generated, but not that it answers one", () => {
    const from = "no-reply@site.example";
    const generated = { class: "auto-reply", autoSubmitted: "auto-generated" } as const;
    const replied = { class: "auto-reply", autoSubmitted: "auto-replied" } as const;
    expect(read(mailFrom(from, generated))).not.toBeNull();
    expect(read(mailFrom(from, { class: "list" }))).not.toBeNull();
    expect(read(mailFrom(from, replied))).toBeNull();
    expect(read(mailFrom("wordpress@site.example", replied))).not.toBeNull();
    for (const kind of ["bounce", "complaint", "receipt"] as const) expect(read(mailFrom(from, { class: kind }))).toBeNull();
  });
});

describe("[M7a] a mail through a form", () => {
  const FORM = buildForm();
  const decide = (facts: Parameters<typeof buildFacts>[0] = {}) => matchConversation(buildFacts({ form: FORM, ...facts }));

  it("begins the conversation of its person, typed and nobody's contact", () => {
    expect(decide()).toEqual({
      row: "M7a",
      code: "form",
      form: "form@site.example",
      person: LEO,
      target: { kind: "begin", contact: { kind: "typed", address: LEO } },
      shouldNotify: true,
      learnIds: ["m1@mail.example"],
      participants: [],
      reason: "Somebody wrote through the form form@site.example.",
      campaign: null,
      isIdReused: false,
    });
    expect(decide({ form: buildForm({ conversationId: "c-form" }) })).toMatchObject({
      target: { kind: "join", conversationId: "c-form", shouldReopen: true },
    });
  });

  it("joins nothing that was there before: not by an id, a contact, nor a mailbox of ours as sender", () => {
    const mail = buildMail({ from: { address: "hello@shop.example", name: null } });
    const sender = buildSender({ contact: buildContact() });
    expect(decide({ mail, sender, references: [buildFound()] })).toMatchObject({ row: "M7a", target: { kind: "begin" } });
  });

  it("[M11] [T3] with a signed address is another person there, whoever else the form is to it", () => {
    for (const relation of ["stranger", "participant", "contact"] as const)
      expect(decide({ token: buildToken({ relation }) })).toMatchObject({
        code: "token:new-person",
        target: { kind: "join", conversationId: "c-token" },
      });
    expect(decide({ token: buildToken({}, true, "forward") })).toMatchObject({ code: "outside" });
  });

  it("is kept aside from a blocked person or form, past the brake, and where it is forged or spam", () => {
    expect(decide({ form: buildForm({ isBlocked: true }) }).code).toBe("filtered:blocked");
    expect(decide({ sender: buildSender({ isBlocked: true }) }).code).toBe("filtered:blocked");
    expect(decide({ form: buildForm({ recentMails: FORM_MAILS_MAX }) }).code).toBe("form");
    expect(decide({ form: buildForm({ recentMails: FORM_MAILS_MAX + 1 }) })).toMatchObject({
      code: "filtered:brake",
      reason: "This form sent more than 60 mails within an hour.",
    });
    expect(decide({ isSpam: true })).toMatchObject({ code: "quarantined", cause: "spam" });
    const mail = buildMail({ authentication: { dmarc: "fail", spf: "none", dkim: "none" } });
    expect(decide({ mail })).toMatchObject({ code: "quarantined", cause: "authentication" });
  });

  it("[M16a] [T21] begins nothing past the brake of new senders, and goes on where this person was", () => {
    expect(decide({ isBraked: true })).toMatchObject({ row: "M7a", code: "filtered:brake" });
    expect(decide({ isBraked: true, form: buildForm({ conversationId: "c-form" }) })).toMatchObject({ code: "form" });
  });

  it("[M3b] counts people, not forms: one who fills it in without end is a storm", () => {
    const sender = buildSender({ recentMails: LOOP_MAILS_MAX + 1 });
    expect(decide({ sender }).code).toBe("filtered:loop");
    expect(decide({ sender, token: buildToken() }).code).toBe("filtered:loop");
  });

  it("[T20] whose person has an agent's address only says so", () => {
    expect(decide({ form: buildForm({ agentId: "olga" }) })).toMatchObject({ code: "form", claimsAgent: "olga" });
  });
});
