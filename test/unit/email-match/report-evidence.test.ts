import { describe, expect, it } from "vitest";
import type { MailedMessage } from "../../../durable-objects/conversation/mailed.ts";
import { asClaim, judgeReport, type ReportEvidence } from "../../../worker/email/report-evidence.ts";
import { matchConversation } from "../../../worker/email/match-conversation.ts";
import { parseVerdict } from "../../../worker/email/verdict.ts";
import { BOUNCE, ORIGINAL, buildFacts, buildMail } from "./build-facts.ts";

const [VERA, LEO] = ["vera@mail.example", "leo@mail.example"];
const RANDOM = "9f1c@shop.example";

function judge(over: Partial<Omit<ReportEvidence, "mail">> & { mail?: Partial<MailedMessage> }) {
  const mail = { seq: 7, id: "m7", recipients: [VERA], hasOtherReaders: false, ...over.mail };
  return judgeReport({ reported: VERA, messageId: null, signedFor: [], ...over, mail });
}

describe("[O6] [T20] whom a report is believed about", () => {
  it("nothing that leads to the mail: it is about none", () => {
    expect(judge({})).toBeNull();
    expect(judge({ messageId: RANDOM, mail: { recipients: [] } })).toBeNull();
  });

  it.each<[string, Parameters<typeof judge>[0], string | null, boolean]>([
    ["its random id", { messageId: RANDOM }, VERA, true],
    ["its id, and a mailbox that its reader forwards to", { messageId: RANDOM, reported: "v@else.example" }, VERA, true],
    ["its id, and nobody", { messageId: RANDOM, reported: null }, VERA, true],
    ["the message's id, which widgets know", { messageId: "m7@shop.example" }, VERA, false],
    ["that id, and her signed address", { messageId: "m7@shop.example", signedFor: [VERA] }, VERA, true],
    ["its id, which others may have read", { messageId: RANDOM, mail: { hasOtherReaders: true } }, VERA, false],
    ["her signed address alone", { signedFor: [VERA] }, VERA, true],
    ["of two the one whose copy had its id", { messageId: RANDOM, reported: LEO, mail: { recipients: [VERA, LEO] } }, LEO, true],
    ["of two the other's signed address", { signedFor: [VERA], reported: LEO, mail: { recipients: [VERA, LEO] } }, LEO, false],
    ["of two nobody", { signedFor: [VERA], reported: null, mail: { recipients: [VERA, LEO] } }, null, false],
  ])("it names %s", (_, over, recipient, isProven) => {
    expect(judge(over)).toEqual({ seq: 7, recipient, isProven });
  });
});

describe("[T2] [T20] [M4] [M5] a report that anyone could have sent", () => {
  const original = { ...ORIGINAL, isProven: false };

  it("marks no address; what it says is shown as its word", () => {
    const bounce = buildFacts({ mail: buildMail({ class: "bounce", bounce: BOUNCE }), original });
    expect(matchConversation(bounce)).toMatchObject({
      row: "M5",
      code: "bounce",
      original,
      undeliverable: null,
      deliveryReason: asClaim("This address does not exist. It said: 5.1.1 no such user"),
    });
    const complaint = buildFacts({ mail: buildMail({ class: "complaint" }), original });
    expect(matchConversation(complaint)).toMatchObject({ row: "M4", code: "event", original, suppress: null });
  });

  it("[A15] one that an earlier version decided without asking, and did not carry out, is decided anew", () => {
    const verdict = matchConversation(buildFacts({ mail: buildMail({ class: "bounce", bounce: BOUNCE }), original: ORIGINAL }));
    expect(parseVerdict(verdict)).toEqual(verdict);
    const { isProven: _unasked, ...before } = ORIGINAL;
    expect(parseVerdict({ ...verdict, original: before })).toBeNull();
  });
});
