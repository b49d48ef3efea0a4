import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinBytes } from "../../../worker/email/bytes.ts";
import type { ParsedMail } from "../../../worker/email/mail.ts";
import { tirelessPace } from "../../../worker/email/pace.ts";
import { parseMail, readMailChunks } from "../../../worker/email/parse.ts";
import { WHOLE_BUDGET } from "../../../worker/email/reading-budget.ts";
import { MailSplitter, readMark } from "../../../worker/email/split-mail.ts";

const NONCE = "3f0f4a7e-large-file";
const encoder = new TextEncoder();

/** Bytes that no compression or pattern makes alike, from a seed. */
function bytesOf(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
}

interface File {
  header: string[];
  body: string | Uint8Array;
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/.{76}/g, "$&\r\n");
const toQuotedPrintable = (bytes: Uint8Array): string =>
  [...bytes].map((byte, i) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}${i % 25 === 24 ? "=\r\n" : ""}`).join("");

function mailWith(files: File[], boundary = "outer"): Uint8Array {
  const parts = files.flatMap(({ header, body }) => [
    encoder.encode(`\r\n--${boundary}\r\n${header.join("\r\n")}\r\n\r\n`),
    typeof body === "string" ? encoder.encode(body) : body,
  ]);
  const head = [
    "From: Vera <vera@example.test>",
    "Subject: Files",
    "Message-ID: <files@example.test>",
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "",
    "Nobody reads this.",
  ];
  return joinBytes([encoder.encode(head.join("\r\n")), ...parts, encoder.encode(`\r\n--${boundary}--\r\nNor this.\r\n`)]);
}

function* cut(raw: Uint8Array, chunkBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < raw.length; at += chunkBytes) yield raw.slice(at, at + chunkBytes);
}

interface Read extends ParsedMail {
  /** Bytes of the files that went to the store. */
  stored: Uint8Array[];
}

/** As the Worker reads it: in pieces, large files to a store. */
async function read(raw: Uint8Array, chunkBytes: number): Promise<Read> {
  const written: Uint8Array[][] = [];
  const mail = await readMailChunks(cut(raw, chunkBytes), {
    openFile: (index) => {
      const pieces: Uint8Array[] = [];
      written[index] = pieces;
      return { write: async (bytes) => void pieces.push(bytes.slice()), close: async () => undefined };
    },
    fileKey: String,
  });
  return { ...mail, stored: written.map((pieces) => joinBytes(pieces)) };
}

const hexOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

const BIG = 150_000;
const TEXT: File = {
  header: ["Content-Type: text/plain; charset=utf-8"],
  body: "See the files.\r\n-- not a boundary\r\n--neither\r\n",
};
const FILES: Record<string, File> = {
  base64: {
    header: [
      "Content-Type: application/pdf",
      "Content-Transfer-Encoding: base64",
      'Content-Disposition: attachment; filename="a.pdf"',
    ],
    body: toBase64(bytesOf(BIG, 1)),
  },
  "base64 padded in each line": {
    header: ["Content-Type: application/zip; name=b.zip", "content-transfer-encoding: BASE64"],
    body: Array.from({ length: 4_000 }, (_, i) => Buffer.from(bytesOf(40, i)).toString("base64")).join("\r\n"),
  },
  "quoted-printable": {
    header: ["Content-Type: text/csv; name=c.csv", "Content-Transfer-Encoding: quoted-printable"],
    body: toQuotedPrintable(bytesOf(70_000, 3)),
  },
  "8bit, with bytes that look like line ends": {
    header: ["Content-Type: application/octet-stream; name=d.bin", "Content-Transfer-Encoding: 8bit"],
    // The parser writes each line end as LF, so the file has no others.
    body: bytesOf(BIG, 4).map((byte) => (byte === 13 ? 10 : byte)),
  },
  "an attached mail": {
    header: ["Content-Type: message/rfc822"],
    body: `From: Nora <nora@example.test>\nSubject: Inner\nContent-Type: multipart/mixed; boundary=inner\n\n--inner\n\n${"a long line of words ".repeat(20).concat("\n").repeat(400)}\n--inner--`,
  },
};

describe("a mail of any size, in pieces of any size", () => {
  test.each(Object.entries(FILES))("has the very files and texts of one that is read at once: %s", async (_name, file) => {
    const raw = mailWith([TEXT, file]);
    const whole = await parseMail(raw);
    for (const chunkBytes of [raw.length, 777]) {
      const mail = await read(raw, chunkBytes);
      const [found] = mail.attachments;
      const [expected] = whole.attachments;
      expect([found?.name, found?.type, found?.stored]).toEqual([
        expected?.name,
        expected?.type,
        { key: "0", size: expected?.content.length },
      ]);
      expect(hexOf(mail.stored[0])).toBe(hexOf(expected?.content));
      expect(hexOf(found?.content)).toBe(hexOf(expected?.content.subarray(0, found?.content.length)));
      expect(mail).toMatchObject({ text: whole.text, subject: whole.subject, messageId: whole.messageId, leftOut: [] });
    }
  });

  test("has its files as they were sent, to the byte", async () => {
    const bytes = bytesOf(5_000, 9);
    const [binary, encoded] = (
      await parseMail(
        mailWith([
          { header: ["Content-Type: a/b", "Content-Transfer-Encoding: binary"], body: bytes },
          { header: ["Content-Type: a/b", "Content-Transfer-Encoding: base64"], body: toBase64(bytes) },
        ]),
      )
    ).attachments;
    expect([hexOf(binary?.content), hexOf(encoded?.content)]).toEqual([hexOf(bytes), hexOf(bytes)]);
  });

  test("keeps small files, nested parts and their order, and knows each large file by its own mark", async () => {
    const small: File = { header: ["Content-Type: application/json; name=s.json"], body: '{"a":1}' };
    const nested: File = {
      header: ['Content-Type: multipart/alternative; boundary="in ner"'],
      body: "--in ner\r\nContent-Type: text/plain\r\n\r\nplain\r\n--in ner\r\nContent-Type: text/html\r\n\r\n<p>rich</p>\r\n--in ner--",
    };
    const raw = mailWith([nested, FILES["base64"] ?? TEXT, small, FILES["quoted-printable"] ?? TEXT]);
    const [mail, whole] = [await read(raw, 5_000), await parseMail(raw)];
    const listOf = ({ attachments }: ParsedMail) =>
      attachments.map(({ name, type, content, stored }) => [name, type, stored?.size ?? content.length]);
    expect(listOf(mail)).toEqual(listOf(whole));
    expect(mail.attachments.map(({ stored }) => stored?.key ?? null)).toEqual(["0", null, "1"]);
    expect([mail.text, mail.html]).toEqual([whole.text, whole.html]);
    expect(mail.text).toBe("rich");
  });

  test("a mark that a sender writes stands for nothing", async () => {
    const splitter = new MailSplitter({
      budget: WHOLE_BUDGET,
      nonce: NONCE,
      openFile: () => ({ write: async () => {}, close: async () => {} }),
    });
    await tirelessPace().do(splitter.write(mailWith([{ header: ["Content-Type: application/pdf"], body: "another-nonce:0" }])));
    const { skeleton, parts } = await tirelessPace().do(splitter.end());
    expect(new TextDecoder().decode(skeleton)).not.toContain("another");
    expect([readMark("another-nonce:0", NONCE), readMark(`${NONCE}:0\n`, NONCE)]).toEqual([null, 0]);
    expect(parts.map(({ content }) => new TextDecoder().decode(content))).toEqual(["another-nonce:0"]);
  });

  test("cut anywhere, in pieces of any size, it is the same mail and never throws", async () => {
    const raw = mailWith([TEXT, FILES["quoted-printable"] ?? TEXT, FILES["base64"] ?? TEXT]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: raw.length }), fc.integer({ min: 1, max: 70_000 }), async (length, chunk) => {
        const cutOff = raw.subarray(0, length);
        const size = chunk < 300 ? Math.max(chunk, Math.ceil(length / 200)) : chunk;
        const [one, other] = [await read(cutOff, size), await read(cutOff, cutOff.length)];
        expect(other).toEqual(one);
      }),
      { numRuns: 25, seed: 7 },
    );
  });
});
