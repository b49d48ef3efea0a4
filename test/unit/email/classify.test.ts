import { describe, expect, test } from "vitest";
import { type MailFacts, classifyMail, isDaemon } from "../../../worker/email/classify.ts";
import { parseHeaderText } from "../../../worker/email/mail-headers.ts";
import { parseFixture } from "./mail-fixture.ts";

function classOf(headers: string, more: Partial<MailFacts> = {}): string {
  return classifyMail({
    headers: parseHeaderText(headers),
    partTypes: [],
    from: "ana@x.example",
    subject: "Hello",
    text: "Hi",
    ...more,
  });
}

describe("[E12] the class of a mail", () => {
  test.each([
    ["complaint.eml", "complaint"],
    ["receipt.eml", "receipt"],
    ["bounce-hard.eml", "bounce"],
    ["bounce-delayed.eml", "bounce"],
    ["bounce-plain-text.eml", "bounce"],
    ["out-of-office.eml", "auto-reply"],
    ["reply-html-and-text.eml", "person"],
  ])("%s is a %s", async (name, expected) => {
    expect((await parseFixture(name)).class).toBe(expected);
  });

  test("RFC 3834: Auto-Submitted other than no is an auto-reply", () => {
    expect(classOf("Auto-Submitted: auto-replied")).toBe("auto-reply");
    expect(classOf("Auto-Submitted: no")).toBe("person");
  });

  test.each(["X-Autoreply: yes", "X-Autorespond: out of office", "Precedence: auto_reply"])("%s is an auto-reply", (header) => {
    expect(classOf(header)).toBe("auto-reply");
  });

  test.each([
    "Out of Office: back on Monday",
    "Automatic reply: Order",
    "Réponse automatique : x",
    "Abwesenheitsnotiz",
    "自動応答: x",
  ])("the subject %s is an auto-reply", (subject) => expect(classOf("", { subject })).toBe("auto-reply"));

  test.each(["My automatic door is broken", "Office chairs", "Delivery of my order failed to please"])(
    "the subject %s is a person",
    (subject) => {
      expect(classOf("", { subject })).toBe("person");
    },
  );

  test.each(["List-Id: <x.y>", "List-Unsubscribe: <mailto:x@y>", "Precedence: bulk"])("%s is list mail", (header) => {
    expect(classOf(header)).toBe("list");
  });

  test("a bounce subject alone does not make a person's mail a bounce", () => {
    expect(classOf("", { subject: "Undeliverable: your parcel" })).toBe("person");
    expect(classOf("Return-Path: <>", { subject: "Undeliverable: your parcel" })).toBe("bounce");
    expect(classOf("", { from: "mailer-daemon@x.example", subject: "Hi", text: "550 5.1.1 user unknown" })).toBe("bounce");
  });

  test("[E12] an auto-reply on a list is an auto-reply, a bounce with Auto-Submitted a bounce", () => {
    expect(classOf("Auto-Submitted: auto-replied\nList-Id: <x.y>")).toBe("auto-reply");
    expect(classOf("Auto-Submitted: auto-replied", { partTypes: ["message/delivery-status"] })).toBe("bounce");
  });

  test("daemons are known by the local part only", () => {
    expect([isDaemon("MAILER-DAEMON@x.example"), isDaemon("postmaster@x.example"), isDaemon("ana@postmaster.example")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("what a bounce says", () => {
  test("a permanent failure names recipient, status, reason and the mail it was", async () => {
    expect((await parseFixture("bounce-hard.eml")).bounce).toEqual({
      recipient: "lena@harbor.example",
      status: "5.1.1",
      isHard: true,
      diagnostic: "550 5.1.1 No such user here",
      originalMessageId: "out-9@shop.example",
      originalReplyTo: ["help+abc234@shop.example"],
    });
  });

  test("a delay is not hard", async () => {
    const { bounce } = await parseFixture("bounce-delayed.eml");
    expect([bounce?.recipient, bounce?.status, bounce?.isHard]).toEqual(["lena@harbor.example", "4.4.1", false]);
  });

  test("an old server's plain text is understood", async () => {
    expect((await parseFixture("bounce-plain-text.eml")).bounce).toEqual({
      recipient: "lena@harbor.example",
      status: "5.2.1",
      isHard: true,
      diagnostic: "550 5.2.1 Mailbox disabled.",
      originalMessageId: "out-10@shop.example",
      originalReplyTo: ["help+abc234@shop.example"],
    });
  });
});
