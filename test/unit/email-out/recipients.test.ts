import { describe, expect, test } from "vitest";
import type { MailToDeliver } from "../../../durable-objects/conversation/ports.ts";
import { heldResult, outcomeOf, planRecipients } from "../../../worker/email/recipients.ts";
import { aMessage, aState, ana, anAddress } from "../../support/conversation-builders.ts";

const [VERA, LEO, BOSS] = ["vera@x.test", "leo@müller.example", "boss@x.test"];

function aJob(over: Partial<MailToDeliver> = {}): MailToDeliver {
  return {
    // Replies go to another address by now: the mail goes to whom it was written (T4).
    state: aState({ address: anAddress("other@x.test") }),
    message: aMessage({ author: ana, channel: "email", to: VERA, cc: [LEO], bcc: [BOSS] }),
    mailId: "random",
    to: VERA,
    level: "typed",
    also: [],
    earlier: [],
    theirWords: [],
    only: null,
    isInsisted: false,
    isUnseen: false,
    ...over,
  };
}
const mark = (email: string, cause: "bounce" | "complaint" = "bounce") => ({ email, cause, reason: "no such user", at: 1 });
const refused = (address: string, over = {}) => ({
  address,
  reason: "why",
  code: "5.1.1",
  isHard: true,
  isTemporary: false,
  ...over,
});

describe("[O5] who gets a copy", () => {
  test("everyone; of a second try those who are asked for", () => {
    expect(planRecipients(aJob(), [])).toEqual({ everyone: [VERA, LEO, BOSS], targets: [VERA, LEO, BOSS], held: [] });
    expect(planRecipients(aJob({ only: [BOSS] }), []).targets).toEqual([BOSS]);
  });

  test("not who is known to be undeliverable or has complained, unless an agent insists", () => {
    const marks = [mark(LEO), mark(BOSS, "complaint"), mark("other@x.test")];
    const plan = planRecipients(aJob(), marks);
    expect(plan.targets).toEqual([VERA]);
    expect(plan.held.map(({ address, isTemporary }) => [address, isTemporary])).toEqual([
      [LEO, false],
      [BOSS, false],
    ]);
    expect(plan.held[0]?.reason).not.toBe(plan.held[1]?.reason);
    expect(planRecipients(aJob({ isInsisted: true }), marks).targets).toEqual([VERA, LEO, BOSS]);
    expect(heldResult(planRecipients(aJob({ only: [LEO] }), marks))).toMatchObject({
      kind: "refused",
      refused: [{ address: LEO }],
    });
  });
});

describe("[O2] what the transport's answer means for each", () => {
  const plan = planRecipients(aJob(), [mark(BOSS)]);

  test("refused ones are known by the address that the conversation has, whatever form travelled", () => {
    const ascii = "leo@xn--mller-kva.example";
    expect(outcomeOf(plan, { kind: "sent", messageId: "id", refused: [refused(ascii)] })).toEqual({
      result: {
        kind: "sent",
        to: [VERA],
        messageId: "id",
        refused: [plan.held[0], { address: LEO, reason: "why", isTemporary: false }],
      },
      bad: [{ email: LEO, reason: "why" }],
    });
  });

  test("an address is bad only where it is the address itself", () => {
    const soft = outcomeOf(plan, {
      kind: "sent",
      messageId: null,
      refused: [refused(VERA, { isHard: false, isTemporary: true })],
    });
    expect(soft.bad).toEqual([]);
    const whole = { kind: "refused", reason: "why", code: "5.1.1", isHard: true } as const;
    // Of several nobody knows which one was meant.
    expect(outcomeOf(plan, whole).bad).toEqual([]);
    expect(outcomeOf(planRecipients(aJob({ only: [VERA] }), []), whole)).toEqual({
      result: { kind: "refused", reason: "why", refused: [{ address: VERA, reason: "why", isTemporary: false }] },
      bad: [{ email: VERA, reason: "why" }],
    });
    expect(outcomeOf(plan, { kind: "unknown", reason: "cut" })).toEqual({ result: { kind: "unknown", reason: "cut" }, bad: [] });
  });
});
