import { describe, expect, test } from "vitest";
import { CORRESPONDENTS_MAX } from "../../../durable-objects/conversation/addresses.ts";
import { mailedOf } from "../../../durable-objects/conversation/mailed.ts";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import type { ConversationState } from "../../../durable-objects/conversation/state.ts";
import { aMessage, aState, ana } from "../../support/conversation-builders.ts";

const [A, B, C] = ["a@customer.test", "b@customer.test", "c@customer.test"];
const correspondent = (email: string, mails = 1): ConversationState["correspondents"][number] => ({
  email,
  mails,
  bounces: 0,
  isHeard: false,
  isReachable: false,
});
const logOf = (messages: Message[]) => ({
  findBySeq: (seq: number) => messages.find((message) => message.seq === seq) ?? null,
  before: () => messages,
});
const mailTo = (seq: number, to: string[], over: Partial<Message> = {}) =>
  aMessage({ seq, id: `m${seq}`, author: ana, delivery: { state: "sent", to }, ...over });

describe("[O6] what a report may be about", () => {
  test("where it names no mail: what has left, the newest first, and nothing that still waits", () => {
    const messages = [
      mailTo(1, [A]),
      mailTo(2, [B], { delivery: { state: "sent", to: [B], refused: [{ address: C, reason: "no such user" }] } }),
      aMessage({ seq: 3 }),
      mailTo(4, [A], { delivery: { state: "queued", to: [A] } }),
      mailTo(5, [A], { delivery: { state: "sending", to: [A] } }),
    ];
    expect(mailedOf(aState(), logOf(messages), null)).toEqual([
      { seq: 2, id: "m2", recipients: [B, C], hasOtherReaders: false },
      { seq: 1, id: "m1", recipients: [A], hasOtherReaders: false },
    ]);
    expect(mailedOf(aState(), logOf(messages), 1)).toMatchObject([{ seq: 1 }]);
    expect([3, 6].map((seq) => mailedOf(aState(), logOf(messages), seq))).toEqual([[], []]);
  });

  test("who else was mailed in the conversation may have read its id in a later mail; who only wrote has not", () => {
    const others = (...correspondents: ConversationState["correspondents"]) =>
      mailedOf(aState({ correspondents }), logOf([mailTo(1, [A])]), 1)[0]?.hasOtherReaders;
    expect(others(correspondent(A), correspondent(B, 0))).toBe(false);
    expect(others(correspondent(A), correspondent(B))).toBe(true);
    expect(others(...Array.from({ length: CORRESPONDENTS_MAX }, (_, n) => correspondent(`p${n}@x.test`, 0)))).toBe(true);
  });

  test("a row of before, which did not say with its delivery whom it went to", () => {
    const row = aMessage({ seq: 1, author: ana, to: A, delivery: { state: "sent" } });
    expect(mailedOf(aState(), logOf([row]), 1)).toMatchObject([{ recipients: [A] }]);
  });
});
