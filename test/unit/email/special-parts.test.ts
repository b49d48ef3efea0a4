import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseInvitation } from "../../../worker/email/invitation.ts";
import { parseMail } from "../../../worker/email/parse.ts";
import { doAtOnce } from "../../../worker/email/pace.ts";
import { readTnef } from "../../../worker/email/tnef.ts";
import { buildTnef } from "./build-tnef.ts";

const encoder = new TextEncoder();
const HEAD = "From: Vera <vera@example.test>\r\nSubject: x\r\nMessage-ID: <x@example.test>\r\n";
const parse = (rest: string) => parseMail(encoder.encode(HEAD + rest));

const mixed = (...parts: string[]): string =>
  `Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`;
const TEXT = "Content-Type: text/plain\r\n\r\nSee this";

const box = (bytes: Uint8Array, type = "application/ms-tnef"): string =>
  `Content-Type: ${type}; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(bytes).toString("base64")}`;

describe("winmail.dat", () => {
  const files = [
    { title: "REPORT~1.PDF", longName: "Report of März.pdf", type: "application/pdf", content: encoder.encode("%PDF-1.7") },
    { title: "logo.png", contentId: "<logo@01D>", content: new Uint8Array([1, 2, 3]) },
  ];

  test("gives way to the files in it, with their long names, types and bytes", async () => {
    const mail = await parse(mixed(TEXT, box(buildTnef({ files, text: "rich" }))));
    expect(mail.text).toBe("See this");
    expect(mail.attachments).toEqual([
      { name: "Report of März.pdf", type: "application/pdf", content: files[0]?.content, isInline: false, contentId: null },
      { name: "logo.png", type: "application/octet-stream", content: files[1]?.content, isInline: true, contentId: "logo@01D" },
    ]);
  });

  test("gives the mail its text where it has no other", async () => {
    const html = await parse(mixed(box(buildTnef({ html: "<p>From <b>Outlook</b></p>" }), "application/vnd.ms-tnef")));
    expect([html.text, html.html, html.attachments]).toEqual(["From Outlook", "<p>From <b>Outlook</b></p>", []]);
    expect((await parse(mixed(box(buildTnef({ text: "Plain words" }))))).text).toBe("Plain words");
  });

  test("that is none stays a file; cut or damaged anywhere it never throws", async () => {
    expect((await parse(mixed(TEXT, box(encoder.encode("no box at all"))))).attachments[0]?.name).toBe("winmail.dat");
    const bytes = buildTnef({ files, text: "text", html: "<p>html</p>" });
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length - 1), fc.nat(255), (length, at, value) => {
        const damaged = bytes.slice(0, length);
        if (at < length) damaged[at] = value;
        doAtOnce(readTnef(damaged));
      }),
      { numRuns: 2_000, seed: 3 },
    );
  });
});

const calendar = (lines: string[], method = "REQUEST"): string =>
  [
    "BEGIN:VCALENDAR",
    `METHOD:${method}`,
    "BEGIN:VTIMEZONE",
    "DTSTART:16010101T000000",
    "END:VTIMEZONE",
    ...lines,
    "END:VCALENDAR",
  ].join("\r\n");

describe("a calendar invitation", () => {
  test("is understood: summary, times with their zone, organiser, place", async () => {
    const text = calendar([
      "BEGIN:VEVENT",
      'ORGANIZER;CN="Ana, of Acme":mailto:ana@acme.test',
      "SUMMARY:Plans\\, part",
      "  two",
      "DTSTART;TZID=Europe/Madrid:20261102T100000",
      "DTEND;TZID=Europe/Madrid:20261102T113000",
      "LOCATION:Room 1\\nsecond floor",
      "BEGIN:VALARM",
      "SUMMARY:An alarm",
      "END:VALARM",
      "END:VEVENT",
    ]);
    const mail = await parse(mixed(TEXT, `Content-Type: text/calendar; method=REQUEST\r\n\r\n${text}`));
    expect(mail.invitation).toEqual({
      kind: "request",
      summary: "Plans, part two",
      start: "2026-11-02T10:00:00",
      end: "2026-11-02T11:30:00",
      zone: "Europe/Madrid",
      organiser: "Ana, of Acme <ana@acme.test>",
      location: "Room 1 second floor",
    });
  });

  test.each([
    ["whole days", ["DTSTART;VALUE=DATE:20261102", "DTEND;VALUE=DATE:20261104"], { start: "2026-11-02", end: "2026-11-04" }],
    ["UTC", ["DTSTART:20261102T100000Z"], { start: "2026-11-02T10:00:00Z" }],
  ])("of %s", (_name, lines, times) => {
    const event = parseInvitation(encoder.encode(calendar(["BEGIN:VEVENT", "SUMMARY:S", ...lines, "END:VEVENT"], "CANCEL")));
    expect(event).toEqual({ kind: "cancel", summary: "S", ...times });
  });

  test.each(["", "BEGIN:VCALENDAR", calendar([]), calendar(["BEGIN:VEVENT", "DTSTART:20269999T990000", "END:VEVENT"])])(
    "without an event or a time is none: %j",
    (text) => expect(parseInvitation(encoder.encode(text))).toBeNull(),
  );

  test("of a megabyte is read in no time", () => {
    const startedAt = performance.now();
    for (const piece of ['X;="', "\r\n ", "A:", ';""', "BEGIN:VEVENT\r\n"])
      parseInvitation(encoder.encode(piece.repeat(250_000)));
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe("a signed or encrypted mail is named as what it is", () => {
  const pgp = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n-----END PGP MESSAGE-----";
  const cases: [string, string, { kind: string; by: string } | null][] = [
    ["plain", "\r\nHello", null],
    [
      "PGP/MIME encrypted",
      `Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n${pgp}\r\n--b--`,
      { kind: "encrypted", by: "pgp" },
    ],
    [
      "PGP/MIME signed",
      `Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--`,
      { kind: "signed", by: "pgp" },
    ],
    ["PGP in the text", `\r\n${pgp}`, { kind: "encrypted", by: "pgp" }],
    ["PGP signed text", "\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHi", { kind: "signed", by: "pgp" }],
    [
      "S/MIME encrypted",
      "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB",
      { kind: "encrypted", by: "smime" },
    ],
    [
      "S/MIME signed, opaque",
      "Content-Type: application/x-pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB",
      { kind: "signed", by: "smime" },
    ],
    [
      "S/MIME signed",
      `Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n--b\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx\r\n--b--`,
      { kind: "signed", by: "smime" },
    ],
  ];
  test.each(cases)("%s", async (_name, raw, expected) => {
    expect((await parse(raw)).protection).toEqual(expected);
  });
});
