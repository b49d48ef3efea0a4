/** The judge of the fault suite must see each kind of trouble: one that sees nothing would call every run clean. */
import { describe, expect, test } from "vitest";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import { judge, type Evidence, type StoredConversation } from "../../../tools/faults/checker.ts";
import { ClientRecord } from "../../../tools/faults/records.ts";

const CLEAN = { lost: [], doubled: [], outOfOrder: [], gaps: [], behind: [] };

const buildMessage = (seq: number, change: Partial<Message> = {}): Message => ({
  seq,
  id: `id-${seq}`,
  at: 1,
  author: { kind: "visitor" },
  channel: "chat",
  text: `text ${seq}`,
  attachments: [],
  ...change,
});

const buildReply = (seq: number): Message =>
  buildMessage(seq, { author: { kind: "agent", id: "a" }, channel: "email", delivery: { state: "sent" } });

/** A visitor who wrote and saw two messages, both stored. */
function buildEvidence(): Evidence & { client: ClientRecord; stored: StoredConversation & { messages: Message[] } } {
  const messages = [buildMessage(1), buildMessage(2)];
  const client = new ClientRecord("visitor", "c", false);
  for (const message of messages) {
    client.sent.push({ clientId: `client-${message.seq}`, text: message.text });
    client.acknowledge(`client-${message.seq}`, message);
  }
  client.look(messages, true);
  client.shown = [...messages];
  client.isUpToDate = true;
  const stored = { id: "c", messages, listedSeq: 2 };
  return { client, stored, conversations: [stored], clients: [client], mail: { accepted: [], delivered: new Map() } };
}

describe("the judge", () => {
  test("finds nothing where all is well", () => {
    expect(judge(buildEvidence())).toEqual(CLEAN);
  });

  test("[A1] finds an acknowledged message that is not stored", () => {
    const evidence = buildEvidence();
    evidence.client.sent.push({ clientId: "client-3", text: "text 3" });
    evidence.client.acknowledge("client-3", buildMessage(3));
    const { lost } = judge(evidence);
    expect(lost).toEqual(["visitor: acknowledged as 3, but that is nothing", "visitor: “text 3” was sent and never stored"]);
  });

  test("[A1] finds a message that was shown and is stored as another one", () => {
    const evidence = buildEvidence();
    evidence.stored.messages[1] = buildMessage(2, { id: "other" });
    const { lost } = judge(evidence);
    expect(lost).toContain("visitor: saw 2, which is not stored so");
  });

  test("[A2] finds a message that is stored twice", () => {
    const evidence = buildEvidence();
    evidence.stored.messages.push(buildMessage(3, { text: "text 1" }));
    expect(judge(evidence).doubled).toEqual(["c: “text 1” is stored twice"]);
  });

  test("[A3] finds a gap, and messages of one sender in another order than they were written", () => {
    const evidence = buildEvidence();
    evidence.stored.messages[1] = buildMessage(3);
    expect(judge(evidence).gaps).toEqual(["c: seq 3 stands at place 2"]);
    const swapped = buildEvidence();
    swapped.client.sent.reverse();
    expect(judge(swapped).outOfOrder).toEqual(["visitor: “text 1” has 1, after 2"]);
  });

  test("[A3] finds a screen that lacks a message, shows one twice, or shows them in a wrong order", () => {
    const lacking = buildEvidence();
    lacking.client.shown = lacking.client.shown.slice(0, 1);
    expect(judge(lacking).lost).toEqual(["visitor: does not show id-2"]);
    const twice = buildEvidence();
    twice.client.look([buildMessage(1), buildMessage(1)], true);
    expect(judge(twice).doubled).toEqual(["visitor shows seq 1 twice"]);
    const disordered = buildEvidence();
    disordered.client.look([buildMessage(2), buildMessage(1)], true);
    expect(judge(disordered).outOfOrder).toEqual(["visitor shows 1 after 2"]);
  });

  test("[A4] finds a client and a list that have not caught up", () => {
    const evidence = buildEvidence();
    evidence.client.unsent = 1;
    expect(judge({ ...evidence, conversations: [{ ...evidence.stored, listedSeq: 1 }] }).behind).toEqual([
      "c: the list says 1, stored are 2",
      "visitor: is up to date, 1 unsent",
    ]);
  });

  test("[A8][A9] finds an accepted mail that is nowhere, or in two places", () => {
    const evidence = buildEvidence();
    const other = { id: "d", messages: [buildMessage(1, { text: "mail 1" })], listedSeq: 1 };
    const twice = { id: "e", messages: [buildMessage(1, { text: "mail 1" })], listedSeq: 1 };
    const mail = { accepted: ["mail 1", "mail 2"], delivered: new Map() };
    const verdict = judge({ ...evidence, conversations: [evidence.stored, other, twice], mail });
    expect(verdict.doubled).toEqual(["the mail “mail 1” is in 2 places"]);
    expect(verdict.lost).toEqual(["the mail “mail 2” was accepted and is in no conversation"]);
    const hostile = { accepted: [], acceptedHostile: ["Hostile mail 1"], delivered: new Map() };
    expect(judge({ ...evidence, mail: hostile }).lost).toEqual([
      "the hostile mail “Hostile mail 1” was accepted and is in no conversation",
    ]);
  });

  test("[A5] finds a mail that left twice, and one that is called sent though nobody has it", () => {
    const evidence = buildEvidence();
    const stored = { id: "d", messages: [buildReply(1), buildReply(2)], listedSeq: 2 };
    const judged = (...mails: [string, { text: string; told: number; untold: number }][]) =>
      judge({
        ...evidence,
        conversations: [evidence.stored, stored],
        mail: { accepted: [], delivered: new Map(mails) },
      });
    const first = judged(["x@acme.test", { text: "text 1", told: 1, untold: 1 }]);
    expect(first.doubled).toEqual(["the mail x@acme.test left 2 times"]);
    expect(first.lost).toEqual(["mail id-2 is called sent, and no server has it"]);
    const all = [
      ["x@acme.test", { text: "text 1", told: 1, untold: 0 }],
      ["y@acme.test", { text: "text 2", told: 1, untold: 0 }],
    ] satisfies Parameters<typeof judged>;
    expect(judged(...all)).toEqual(CLEAN);
    expect(judged(...all, ["z@acme.test", { text: "text 2", told: 0, untold: 1 }]).doubled).toEqual([
      "mail id-2 left under two ids",
    ]);
  });
});
