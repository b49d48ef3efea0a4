import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinBytes } from "../../../worker/email/bytes.ts";
import { parseMail } from "../../../worker/email/parse.ts";
import { MailSplitter, readMark, type SplitMail } from "../../../worker/email/split-mail.ts";

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

interface Split extends SplitMail {
  contents: Uint8Array[];
}

async function split(raw: Uint8Array, chunkBytes: number): Promise<Split> {
  const written: Uint8Array[][] = [];
  const splitter = new MailSplitter({
    nonce: NONCE,
    openFile: (index) => {
      const pieces: Uint8Array[] = [];
      written[index] = pieces;
      return { write: async (bytes) => void pieces.push(bytes.slice()), close: async () => undefined };
    },
  });
  for (let at = 0; at < raw.length; at += chunkBytes) await splitter.write(raw.slice(at, at + chunkBytes));
  return { ...(await splitter.end()), contents: written.map((pieces) => joinBytes(pieces)) };
}

async function parseSplit({ small, files, contents }: Split) {
  return parseMail(small, {
    findStored: (content) => {
      const index = readMark(content, NONCE);
      const file = index === null ? undefined : files[index];
      return index === null || file === undefined
        ? null
        : { content: contents[index] ?? new Uint8Array(), stored: { key: String(index), size: file.size } };
    },
  });
}

/** The parser ends what is not base64 with a line feed that is part of the boundary (RFC 2046 §5.1.1). */
const withoutLineFeed = (bytes: Uint8Array | undefined): Uint8Array | undefined =>
  bytes?.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;

const hexOf = (bytes: Uint8Array | undefined): string => Buffer.from(withoutLineFeed(bytes) ?? []).toString("hex");

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
    body: toQuotedPrintable(bytesOf(60_000, 3)),
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

describe("a large mail, split", () => {
  test.each(Object.entries(FILES))("has the very files and texts of the whole one: %s", async (_name, file) => {
    const raw = mailWith([TEXT, file]);
    const whole = await parseMail(raw);
    for (const chunkBytes of [raw.length, 777]) {
      const mail = await split(raw, chunkBytes);
      expect(mail.small.length).toBeLessThan(3_000);
      const [found] = (await parseSplit(mail)).attachments;
      expect(found).toBeDefined();
      if (found === undefined) return;
      const { stored, ...attachment } = found;
      const content = hexOf(whole.attachments[0]?.content);
      expect({ ...attachment, content: hexOf(attachment.content) }).toEqual({ ...whole.attachments[0], content });
      expect(stored?.size).toBe(attachment.content.length);
      expect(await parseSplit(mail)).toMatchObject({ text: whole.text, subject: whole.subject, messageId: whole.messageId });
    }
  });

  test("keeps small files, nested parts and their order, and knows each large file by its own mark", async () => {
    const small: File = { header: ["Content-Type: application/json; name=s.json"], body: '{"a":1}' };
    const nested: File = {
      header: ['Content-Type: multipart/alternative; boundary="in ner"'],
      body: "--in ner\r\nContent-Type: text/plain\r\n\r\nplain\r\n--in ner\r\nContent-Type: text/html\r\n\r\n<p>rich</p>\r\n--in ner--",
    };
    const raw = mailWith([nested, FILES["base64"] ?? TEXT, small, FILES["quoted-printable"] ?? TEXT]);
    const mail = await parseSplit(await split(raw, 5_000));
    const whole = await parseMail(raw);
    const listOf = ({ attachments }: typeof mail) =>
      attachments.map(({ name, type, content }) => [name, type, withoutLineFeed(content)?.length]);
    expect(listOf(mail)).toEqual(listOf(whole));
    expect([mail.text, mail.html]).toEqual([whole.text, whole.html]);
  });

  test("keeps no more of a text than anybody reads, and is small whatever comes", async () => {
    const line = "All work and no play makes a long mail.\r\n";
    const texts = Array.from({ length: 4 }, (): File => ({ header: ["Content-Type: text/plain"], body: line.repeat(100_000) }));
    const { small } = await split(mailWith(texts), 65_536);
    expect(small.length).toBeLessThan(6.1 * 1024 * 1024);
    expect(new TextDecoder().decode(small)).toContain("\r\n\r\nAll work");
    const parts = Array.from({ length: 20_000 }, (_, i): File => ({ header: [`X-Number: ${i}`], body: "x".repeat(500) }));
    expect((await split(mailWith(parts), 65_536)).small.length).toBeLessThan(6.1 * 1024 * 1024);
    expect((await split(encoder.encode(`Subject: ${"x".repeat(9_000_000)}`), 65_536)).small.length).toBeLessThan(4 * 1024 * 1024);
  });

  test("a mark that a sender writes stands for nothing", async () => {
    const forged = mailWith([{ header: ["Content-Type: application/pdf"], body: "another-nonce:0" }, FILES["base64"] ?? TEXT]);
    const mail = await parseSplit(await split(forged, 4_096));
    expect(mail.attachments.map(({ stored }) => stored?.key)).toEqual([undefined, "0"]);
  });

  test("cut anywhere, in pieces of any size, it is the same mail and never throws", async () => {
    const raw = mailWith([TEXT, FILES["quoted-printable"] ?? TEXT, FILES["base64"] ?? TEXT]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: raw.length }), fc.integer({ min: 301, max: 70_000 }), async (length, chunk) => {
        const cut = raw.subarray(0, length);
        const [one, other] = [await split(cut, chunk), await split(cut, cut.length)];
        expect(other.small).toEqual(one.small);
        expect(other.contents.map(({ length: size }) => size)).toEqual(one.contents.map(({ length: size }) => size));
      }),
      { numRuns: 40, seed: 7 },
    );
  });
});
