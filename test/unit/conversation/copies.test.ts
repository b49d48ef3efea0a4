import { describe, expect, test } from "vitest";
import { decideCopies, recipientsOf, writtenTo } from "../../../durable-objects/conversation/copies.ts";
import { decideSend } from "../../../durable-objects/conversation/core.ts";
import { RECIPIENTS_MAX, type Message } from "../../../durable-objects/conversation/protocol.ts";
import { messageFor } from "../../../durable-objects/conversation/views.ts";
import { aMessage, aSend, aState, aTurn, aViewer, ana, anAddress, uuid } from "../../support/conversation-builders.ts";

const CARLA = "carla@customer.test";
const state = aState({ address: anAddress(CARLA) });
const anEmail = { author: ana, channel: "email" as const };
const decide = (over: Partial<Parameters<typeof decideCopies>[0]>) =>
  decideCopies({ channel: "email", to: CARLA, own: [], ...over });
const many = (count: number) => Array.from({ length: count }, (_, index) => `p${index}@customer.test`);

describe("[C13] Cc and Bcc of an email", () => {
  test("are stored with the message and named in its delivery, after To", () => {
    const outcome = decideSend(aTurn(state), aSend({ ...anEmail, cc: ["Leo@Customer.test"], bcc: ["boss@acme.example"] }));
    expect(outcome).toMatchObject({
      kind: "stored",
      message: {
        cc: ["leo@customer.test"],
        bcc: ["boss@acme.example"],
        delivery: { state: "queued", to: [CARLA, "leo@customer.test", "boss@acme.example"] },
      },
    });
  });

  test("nobody gets it twice: To wins over Cc, Cc over Bcc, whatever the case", () => {
    expect(decide({ cc: [CARLA, "leo@x.test", "LEO@x.test"], bcc: ["leo@x.test", " Carla@Customer.test ", "b@x.test"] })).toEqual(
      {
        kind: "ok",
        cc: ["leo@x.test"],
        bcc: ["b@x.test"],
      },
    );
    const { message } = decideSend(aTurn(state), aSend({ ...anEmail, cc: [CARLA] })) as { message: Message };
    expect("cc" in message).toBe(false);
  });

  test.each([
    ["a chat has none", { channel: "chat" as const, cc: ["leo@x.test"] }, "Only an email can have Cc or Bcc."],
    ["a note has none", { channel: "note" as const, bcc: ["leo@x.test"] }, "Only an email can have Cc or Bcc."],
    ["no address", { cc: ["leo at x"] }, "“leo at x” is not an address that mail can be sent to."],
    [
      "a line break",
      { cc: ["leo@x.test\r\nBcc: eve@x.test"] },
      "“leo@x.test\r\nbcc: eve@x.test” is not an address that mail can be sent to.",
    ],
    ["no ASCII before the @", { cc: ["jörg@x.test"] }, "“jörg@x.test” is not an address that mail can be sent to."],
    ["a dot too many", { cc: ["leo..m@x.test"] }, "“leo..m@x.test” is not an address that mail can be sent to."],
    ["a dot at the end", { bcc: ["leo.@x.test"] }, "“leo.@x.test” is not an address that mail can be sent to."],
    [
      "a mailbox of ours",
      { bcc: ["Help@acme.test"], own: ["help@acme.test"] },
      "help@acme.test is a mailbox of this inbox: a mail to it would come back.",
    ],
    ["too many", { cc: many(40), bcc: many(50).slice(40) }, "A mail can go to 50 addresses at most; this one has 51."],
  ])("%s: refused by name, and nothing is stored", (_, over, detail) => {
    expect(decide(over)).toEqual({ kind: "refused", reason: "bad_copies", detail });
    expect(decideSend(aTurn(state), aSend({ ...anEmail, ...over }))).toEqual({ kind: "rejected", reason: "bad_copies", detail });
  });

  test("as many as the platform takes, and empty lists anywhere", () => {
    expect(decide({ cc: many(RECIPIENTS_MAX - 1) }).kind).toBe("ok");
    expect(decide({ channel: "chat", cc: [], bcc: [] })).toEqual({ kind: "ok", cc: [], bcc: [] });
  });

  test("[C9] where nobody could say which mailboxes are ours it is tried again; without copies nobody asks", () => {
    expect(decide({ cc: ["leo@x.test"], own: "try_again" })).toEqual({ kind: "refused", reason: "try_again" });
    expect(decide({ own: "try_again" }).kind).toBe("ok");
  });

  test("[A2] a repeat is answered before they are looked at", () => {
    const stored = aMessage({ author: ana, channel: "email" });
    const turn = aTurn(state, [[`agent:ana:${uuid(7)}`, stored]]);
    expect(decideSend(turn, aSend({ ...anEmail, cc: ["nonsense"], own: "try_again" }))).toMatchObject({ kind: "repeated" });
  });

  test("[P6] agents see both, visitors neither", () => {
    const copies = { cc: ["leo@x.test"], bcc: ["b@x.test"], for: { sessions: [], addresses: [CARLA, "leo@x.test", "b@x.test"] } };
    const message = aMessage({ author: ana, channel: "email", to: CARLA, ...copies });
    expect(messageFor({ kind: "agent" }, message)).toEqual(message);
    const seen = messageFor(aViewer("leo@x.test"), message);
    expect(seen).toMatchObject({ text: "Hello" });
    expect(JSON.stringify(seen)).not.toMatch(/x\.test|customer\.test/);
  });

  test("[T4] To is the address that the mail was written to, and everybody is named once", () => {
    expect(recipientsOf(CARLA, { cc: ["leo@x.test"], bcc: ["b@x.test"] })).toEqual([CARLA, "leo@x.test", "b@x.test"]);
    expect(recipientsOf(CARLA, { cc: [CARLA] })).toEqual([CARLA]);
  });

  test("[T4] of a mail from before To was stored it is who is in no copy, whether they got it or not", () => {
    const old = { author: ana, channel: "email" as const, cc: ["leo@x.test"], bcc: ["b@x.test"] };
    const refused = [{ address: CARLA, reason: "full" }];
    expect(writtenTo(aMessage({ ...old, delivery: { state: "sent", to: [CARLA, "leo@x.test", "b@x.test"] } }))).toBe(CARLA);
    expect(writtenTo(aMessage({ ...old, delivery: { state: "sent", to: ["leo@x.test"], refused } }))).toBe(CARLA);
    expect(writtenTo(aMessage({ ...old, to: CARLA, delivery: { state: "failed", to: ["x@x.test"] } }))).toBe(CARLA);
    expect(writtenTo(aMessage(old))).toBeNull();
  });
});
