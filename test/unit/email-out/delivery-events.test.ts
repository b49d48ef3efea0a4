import { describe, expect, test } from "vitest";
import { parseDeliveryEvent } from "../../../worker/email/delivery-events.ts";
import { sendingEvent } from "../../support/sending-events.ts";

const MAIL = { messageId: "0101-msg", sender: "hello@acme.test" };
const BOB = "bob@customer.test";

describe("an event of Cloudflare's queue", () => {
  test.each([
    ["delivered", sendingEvent("delivered"), { kind: "delivered", recipient: BOB, reason: "" }, { kind: "reached" }],
    [
      "deferred",
      sendingEvent("deferred", { bounce: { type: "soft", reason: "451 4.2.0 busy" } }),
      { kind: "delayed", recipient: BOB, reason: "The mail is delayed. The other server said: 451 4.2.0 busy" },
      { kind: "none" },
    ],
    [
      "bounced for good",
      sendingEvent("bounced", { bounce: { type: "hard", reason: "550 5.1.1 User unknown" } }),
      { kind: "refused", recipient: BOB, reason: "The mail came back. The other server said: 550 5.1.1 User unknown" },
      { kind: "undeliverable", cause: "bounce" },
    ],
    [
      "tried in vain: not bad for ever",
      sendingEvent("bounced", { bounce: { type: "soft" }, delivery: { smtpResponse: "452 full" } }),
      { kind: "refused", recipient: BOB, reason: "The mail came back. The other server said: 452 full" },
      { kind: "none" },
    ],
    [
      "failed",
      sendingEvent("failed"),
      { kind: "refused", recipient: BOB, reason: "Cloudflare could not deliver this mail." },
      { kind: "none" },
    ],
    [
      "suppressed",
      sendingEvent("rejected", { rejection: { reason: "suppressed", party: "recipient" } }),
      {
        kind: "refused",
        recipient: BOB,
        reason: "Cloudflare holds mail to this address back, because it bounced or reported earlier mail as spam.",
      },
      { kind: "undeliverable", cause: "bounce" },
    ],
    [
      "rejected as spam: not the address's fault",
      sendingEvent("rejected", { rejection: { reason: "spam" } }),
      { kind: "refused", recipient: BOB, reason: "Cloudflare did not send this mail by its own rules." },
      { kind: "none" },
    ],
    [
      "complained",
      sendingEvent("complained"),
      { kind: "complained", recipient: BOB, reason: "The recipient reported this mail as spam." },
      { kind: "undeliverable", cause: "complaint" },
    ],
  ])("%s", (_, event, report, address) => {
    expect(parseDeliveryEvent(event)).toEqual({ ...MAIL, report, address });
  });

  test("[T15] what another server said is one line of limited length, and addresses are compared in lower case", () => {
    const long = `550 no\r\nBcc: x\0${"y".repeat(1_000)}`;
    const change = parseDeliveryEvent(
      sendingEvent("bounced", { recipient: "BOB@Customer.test", bounce: { type: "hard", reason: long } }),
    );
    expect(change?.report.recipient).toBe(BOB);
    expect(change?.report.reason).toHaveLength(300);
    expect(change?.report.reason).not.toMatch(/\p{Cc}/u);
  });

  test.each([
    ["another source", { type: "cf.r2.bucket.created", payload: {} }],
    ["a new type", sendingEvent("opened")],
    ["no recipient", sendingEvent("bounced", { recipient: undefined })],
    ["text", "cf.email.sending.message.bounced"],
    ["nothing", null],
  ])("%s is not known", (_, body) => {
    expect(parseDeliveryEvent(body)).toBeNull();
  });
});
