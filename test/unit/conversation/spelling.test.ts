/** [A15] [T2] Addresses as versions before stored them, as somebody had typed them. */
import { describe, expect, test } from "vitest";
import { messageInOneSpelling, stateInOneSpelling } from "../../../durable-objects/conversation/spelling.ts";
import { conversationStateSchema } from "../../../durable-objects/conversation/state.ts";
import { aBeginner, aMessage, aState, anAddress } from "../../support/conversation-builders.ts";
import * as v from "valibot";

const TYPED = "ana@b\u00fccher.example";
const KNOWN = "ana@xn--bcher-kva.example";
const VERA = "vera@example.test";
const known = (email: string, more = {}) => ({ email, mails: 1, bounces: 0, isHeard: false, isReachable: false, ...more });

const before = aState({
  address: anAddress(TYPED),
  claimed: TYPED,
  correspondents: [known(TYPED, { isHeard: true }), known(VERA), known(KNOWN, { bounces: 1, isReachable: true })],
  heardMails: [
    { email: KNOWN, seq: 2 },
    { email: TYPED, seq: 4 },
  ],
  unresolved: { email: TYPED },
  placeToNote: TYPED,
  beginner: aBeginner({
    given: [TYPED, VERA, KNOWN],
    confirmed: { email: TYPED, usedAt: 1 },
    everConfirmed: [TYPED],
    stopped: [TYPED],
    code: { email: TYPED, hash: "h", expiresAt: 9, tries: 0 },
  }),
});

describe("[A15] [T2] what was stored as it was typed", () => {
  test("is read in the one spelling that is compared; what was known of several is known of one", () => {
    const state = v.parse(conversationStateSchema, JSON.parse(JSON.stringify(before)));
    expect(state).toMatchObject({
      address: { email: KNOWN },
      claimed: KNOWN,
      correspondents: [known(KNOWN, { mails: 2, bounces: 1, isHeard: true, isReachable: true }), known(VERA)],
      heardMails: [{ email: KNOWN, seq: 4 }],
      unresolved: { email: KNOWN },
      placeToNote: KNOWN,
      beginner: {
        given: [VERA, KNOWN],
        confirmed: { email: KNOWN },
        everConfirmed: [KNOWN],
        stopped: [KNOWN],
        code: { email: KNOWN },
      },
    });
    expect(stateInOneSpelling(state)).toEqual(state);
  });

  test("messages are for whom they were for, and went where they went", () => {
    const message = aMessage({
      seq: 1,
      for: { sessions: ["s"], addresses: [TYPED, KNOWN] },
      to: TYPED,
      cc: [TYPED],
      delivery: { state: "sent", to: [TYPED], refused: [{ address: TYPED, reason: "full" }], deliveredTo: [TYPED] },
      mail: { from: { address: TYPED, name: "Ana" }, others: [{ address: TYPED }] },
    });
    expect(messageInOneSpelling(message)).toEqual({
      ...message,
      for: { sessions: ["s"], addresses: [KNOWN] },
      to: KNOWN,
      cc: [KNOWN],
      delivery: { state: "sent", to: [KNOWN], refused: [{ address: KNOWN, reason: "full" }], deliveredTo: [KNOWN] },
      mail: { from: { address: KNOWN, name: "Ana" }, others: [{ address: KNOWN }] },
    });
    const plain = aMessage({ seq: 2 });
    expect(messageInOneSpelling(plain)).toEqual(plain);
  });
});
