import * as fc from "fast-check";
import PostalMime from "postal-mime";
import { describe, expect, it } from "vitest";
import { buildMime } from "../../../worker/email/build-mime.ts";
import { encodeQuotedPrintable } from "../../../worker/email/mime-text.ts";
import { buildOutgoing } from "./build-outgoing.ts";

const identity = { messageId: "m1@shop.example", sentAt: Date.UTC(2026, 10, 23, 11), boundary: "b" };

function line(value: string): string {
  return value.replace(/\p{Cc}/gu, " ");
}

describe("an outgoing mail on the wire", () => {
  it("is read back by a parser as it was meant", async () => {
    const content = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
    const mail = buildOutgoing({
      from: { address: "hello@shop.example", name: 'Ana "ñ" at Shop' },
      to: [
        { address: "bea@mail.example", name: 'Bea, "the" boss' },
        { address: "leo@mail.example", name: null },
      ],
      cc: [{ address: "cc@mail.example", name: null }],
      bcc: [{ address: "hidden@mail.example", name: null }],
      subject: `¿Dónde está mi paquete? ${"🎁 muy largo ".repeat(12)}`.trim(),
      text: "¡Hola!\n.\n..two\nFrom here\n  end \t\nlast = ü\n",
      html: `<p>${"ñ".repeat(500)}</p>`,
      attachments: [{ name: 'línea "1" (a).pdf', type: "application/pdf", content }],
    });
    const raw = buildMime(mail, identity);
    const parsed = await PostalMime.parse(raw);
    expect({
      from: parsed.from,
      to: parsed.to,
      cc: parsed.cc,
      replyTo: parsed.replyTo,
      subject: parsed.subject,
      messageId: parsed.messageId,
      inReplyTo: parsed.inReplyTo,
      date: parsed.date,
      text: parsed.text?.replaceAll("\r\n", "\n").trimEnd(),
      html: parsed.html?.trim(),
    }).toEqual({
      from: { address: "hello@shop.example", name: 'Ana "ñ" at Shop' },
      to: [
        { address: "bea@mail.example", name: 'Bea, "the" boss' },
        { address: "leo@mail.example", name: "" },
      ],
      cc: [{ address: "cc@mail.example", name: "" }],
      replyTo: [{ address: "hello+token@shop.example", name: "" }],
      subject: mail.subject,
      messageId: "<m1@shop.example>",
      inReplyTo: "<a@mail.example>",
      date: "2026-11-23T11:00:00.000Z",
      text: mail.text.trimEnd(),
      html: mail.html,
    });
    const [file] = parsed.attachments;
    expect([file?.filename, file?.mimeType, file?.disposition]).toEqual(['línea "1" (a).pdf', "application/pdf", "attachment"]);
    expect(file !== undefined && typeof file.content !== "string" && new Uint8Array(file.content)).toEqual(content);
    expect(raw).not.toContain("hidden@mail.example");
  });

  it("is ASCII with CRLF and lines of at most 998, whatever is in it", () => {
    const anything = fc.string({ unit: "binary", maxLength: 400 });
    const property = fc.property(anything, anything, anything, (text, name, subject) => {
      const mail = buildOutgoing({
        text,
        html: text,
        subject: line(subject),
        to: [{ address: "bea@mail.example", name: line(name) }],
      });
      const raw = buildMime(mail, identity);
      expect(raw).toMatch(/^(?:[\t\x20-\x7e]{0,998}\r\n)*$/);
    });
    fc.assert(property, { seed: 4, numRuns: 300 });
  });

  it("keeps long header values in lines that servers take", () => {
    const references = Array.from({ length: 30 }, (_, index) => `<${String(index).padStart(40, "0")}@mail.example>`).join(" ");
    const raw = buildMime(buildOutgoing({ headers: { References: references } }), identity);
    expect(raw).toMatch(/\r\nReferences: (?:<\d{40}@mail\.example>(?:\r\n)? ?){30}\r\n/);
  });
});

it("quoted-printable keeps blanks at line ends and never breaks an escape", () => {
  expect(encodeQuotedPrintable("a \nb\t\n=\nü")).toBe("a=20\r\nb=09\r\n=3D\r\n=C3=BC");
  expect(encodeQuotedPrintable("x".repeat(76))).toBe("x".repeat(76));
  expect(encodeQuotedPrintable("x".repeat(77))).toBe(`${"x".repeat(75)}=\r\nxx`);
  expect(encodeQuotedPrintable(`${"x".repeat(74)}ü`)).toBe(`${"x".repeat(74)}=\r\n=C3=BC`);
});
