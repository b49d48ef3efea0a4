import { describe, expect, it } from "vitest";
import { validateOutgoing } from "../../../worker/email/validate-outgoing.ts";
import { buildOutgoing } from "./build-outgoing.ts";

const bea = { address: "bea@mail.example", name: null };
const file = { name: "a.pdf", type: "application/pdf", content: new Uint8Array(1) };

describe("[E30] what may leave", () => {
  it("is an ordinary mail", () => {
    expect(validateOutgoing(buildOutgoing())).toEqual({ kind: "ok" });
    expect(validateOutgoing(buildOutgoing({ attachments: [{ ...file, content: new Uint8Array(3_500_000) }] }))).toEqual({
      kind: "ok",
    });
    expect(validateOutgoing(buildOutgoing({ to: Array.from({ length: 50 }, () => bea) }))).toEqual({ kind: "ok" });
  });

  it.each([
    ["no_recipient", { to: [] }, "This mail has no recipient."],
    [
      "too_many_recipients",
      { bcc: Array.from({ length: 50 }, () => bea) },
      "A mail can go to 50 addresses at most; this one has 51.",
    ],
    [
      "bad_address",
      { to: [{ address: "bea@mail.example\r\nRCPT TO:<x@y>", name: null }] },
      "“bea@mail.example  RCPT TO:<x@y>” is not an address that mail can be sent to.",
    ],
    ["bad_address", { replyTo: "a b@x" }, "“a b@x” is not an address that mail can be sent to."],
    [
      "bad_header",
      { from: { address: "hello@shop.example", name: "A\nB" } },
      "The name of hello@shop.example contains a line break.",
    ],
    ["bad_header", { subject: "A\r\nBcc: x@y" }, "The subject contains a line break."],
    ["bad_header", { subject: "A\0" }, "The subject contains a line break."],
    ["bad_header", { messageId: "a b@x" }, "The Message-ID is malformed."],
    ["bad_header", { headers: { "X-A": "1\nX-B: 2" } }, "The header X-A is empty or contains a line break."],
    ["bad_header", { headers: { "X-A": "" } }, "The header X-A is empty or contains a line break."],
    ["bad_header", { headers: { "X-A: 1\r\nX-B": "2" } }, "The header “X-A: 1  X-B” can't be set."],
    ["bad_header", { headers: { Bcc: "x@y" } }, "The header “Bcc” can't be set."],
    ["bad_header", { headers: { Precedence: "bulk" } }, "The header “Precedence” can't be set."],
    ["header_too_long", { headers: { References: "x".repeat(2_049) } }, "The header References is too long."],
    [
      "header_too_long",
      { headers: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`X-${i}`, "x".repeat(2_048)])) },
      "The headers of this mail are too long.",
    ],
    ["subject_too_long", { subject: "x".repeat(999) }, "The subject is too long."],
    ["bad_attachment", { attachments: [{ ...file, name: "a\r\nb" }] }, "The file name “a  b” can't be used in a mail."],
    ["bad_attachment", { attachments: [{ ...file, type: "text/html\r\nX: y" }] }, "The type of the file “a.pdf” is malformed."],
    ["empty", { text: " ", html: "" }, "This mail is empty."],
    [
      "too_large",
      { attachments: [{ ...file, content: new Uint8Array(4_000_000) }] },
      "With its files this mail is 5.2 MiB; the limit is 5 MiB.",
    ],
  ])("is not a mail with %s: %j", (code, overrides, reason) => {
    expect(validateOutgoing(buildOutgoing(overrides))).toEqual({ kind: "problem", code, reason });
  });
});
