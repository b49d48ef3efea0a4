import { describe, expect, it } from "vitest";
import { chooseAutoAnswer, parseUnwantedAnswers, type AutoAnswerFacts } from "../../../worker/email/auto-answer.ts";

function facts(over: Partial<AutoAnswerFacts> = {}, mail: Partial<AutoAnswerFacts["mail"]> = {}): AutoAnswerFacts {
  return {
    mail: {
      class: "person",
      from: { address: "vera@example.test", name: "Vera" },
      autoSubmitted: null,
      listId: null,
      authentication: { dmarc: "none", spf: "none", dkim: "none" },
      ...mail,
    },
    verdict: { code: "new" },
    envelopeFrom: "vera@example.test",
    isFirst: true,
    isOpen: true,
    isLetIn: false,
    answersToday: 0,
    ownAddresses: ["support@acme.test"],
    mailbox: { hasReceipt: true, hasOutOfHours: true },
    ...over,
  };
}

describe("[E29] [T14] automatic answers", () => {
  it("says that the first mail has arrived, where the mailbox does that", () => {
    expect(chooseAutoAnswer(facts())).toBe("receipt");
    expect(chooseAutoAnswer(facts({ isFirst: false }))).toBeNull();
    expect(chooseAutoAnswer(facts({ mailbox: { hasReceipt: false, hasOutOfHours: false } }))).toBeNull();
  });

  it("says outside business hours that nobody is there, also later in a conversation", () => {
    expect(chooseAutoAnswer(facts({ isOpen: false }))).toBe("out-of-hours");
    expect(chooseAutoAnswer(facts({ isOpen: false, isFirst: false }))).toBe("out-of-hours");
    expect(chooseAutoAnswer(facts({ isOpen: false, mailbox: { hasReceipt: true, hasOutOfHours: false } }))).toBe("receipt");
  });

  const brakes: [string, AutoAnswerFacts][] = [
    ["an automatic mail", facts({}, { class: "auto-reply" })],
    ["a mail that says it is automatic", facts({}, { autoSubmitted: "auto-replied" })],
    ["list mail", facts({}, { class: "list" })],
    ["a mail with a List-Id", facts({}, { listId: "news.example.test" })],
    ["an empty envelope sender", facts({ envelopeFrom: "" })],
    ["a mail without a sender", facts({}, { from: null })],
    ["a no-reply address", facts({}, { from: { address: "no-reply@example.test", name: null } })],
    ["a daemon", facts({}, { from: { address: "mailer-daemon@example.test", name: null } })],
    ["a mailbox of ours", facts({}, { from: { address: "support@acme.test", name: null } })],
    ["a sender that fails authentication", facts({}, { authentication: { dmarc: "fail", spf: "none", dkim: "none" } })],
    ["the third mail of a day", facts({ answersToday: 2 })],
    ["a mail in quarantine", facts({ verdict: { code: "quarantined" } })],
    ["a mail that asks for no answers", facts({}, { unwantedAnswers: parseUnwantedAnswers("All") })],
    ["a mail that an agent let in", facts({ isLetIn: true })],
    ["another person in a conversation", facts({ verdict: { code: "token:new-person" } })],
  ];
  it.each(brakes)("never answers %s", (_, given) => {
    expect(chooseAutoAnswer({ ...given, isOpen: false })).toBeNull();
    expect(chooseAutoAnswer(given)).toBeNull();
  });

  it.each([
    ["", []],
    ["None", []],
    ["DR, NDR, RN, NRN", []],
    ["All", ["receipt", "out-of-hours"]],
    [" dr ,ALL", ["receipt", "out-of-hours"]],
    ["AutoReply", ["receipt"]],
    ["OOF;AutoReply", ["receipt", "out-of-hours"]],
    ["oof", ["out-of-hours"]],
    ["AllOfThem", []],
  ])("X-Auto-Response-Suppress: %j wants none of %j", (header, unwanted) => {
    expect(parseUnwantedAnswers(header)).toEqual(unwanted);
  });

  it("gives the other answer where only one of them is not wanted", () => {
    const without = (header: string) => ({ unwantedAnswers: parseUnwantedAnswers(header) });
    expect(chooseAutoAnswer(facts({ isOpen: false }, without("OOF")))).toBe("receipt");
    expect(chooseAutoAnswer(facts({ isOpen: false, isFirst: false }, without("OOF")))).toBeNull();
    expect(chooseAutoAnswer(facts({ isOpen: false }, without("AutoReply")))).toBe("out-of-hours");
  });
});
