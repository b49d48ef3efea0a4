/**
 * Mails that keep a reader busy: each repeats a piece until it is as large as it may be. They are what the bench measures,
 * what the step tests count, and what correspondents of the fault suite send. Nothing is random.
 */
import {
  ADDRESSES_IN_TEXT,
  ATTRIBUTIONS,
  CALENDARS,
  CHARSETS,
  FLOWED,
  HEADER_LINES,
  HIDING,
  HTML,
  LINES,
  LONG_HEADERS,
  OLD_HEADERS,
  QUOTES,
  SIGNATURES,
} from "./hostile-mail-pieces.ts";

/** Who sends it, and what it is called: two mails with one id would be one. */
export interface Identity {
  from: string;
  messageId: string;
  /** What it is known by later; shapes whose header is what is hostile have none. */
  subject?: string;
}

export interface HostileShape {
  family: string;
  /** What is repeated, in words. */
  name: string;
  /** @returns a mail of about this many bytes */
  build: (bytes: number, identity: Identity) => Uint8Array;
}

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const headOf = ({ from, messageId, subject = "Hello" }: Identity): string =>
  `From: Hostile <${from}>\r\nMessage-ID: <${messageId}>\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\n`;

/** A piece over and over, between a beginning and an end. */
function fill(begin: string, piece: string | Buffer, { bytes, end = "" }: { bytes: number; end?: string }): Uint8Array {
  const unit = typeof piece === "string" ? latin1(piece) : piece;
  const room = Math.max(unit.length, bytes - begin.length - end.length);
  const body = Buffer.alloc(room - (room % unit.length), unit);
  return new Uint8Array(Buffer.concat([latin1(begin), body, latin1(end)]));
}

type Repeated = (begin: (head: string) => string, piece: string | Buffer, end?: string) => HostileShape["build"];
const repeated: Repeated = (begin, piece, end) => (bytes, identity) =>
  fill(begin(headOf(identity)), piece, { bytes, ...(end === undefined ? {} : { end }) });

const nameOf = (piece: string): string => JSON.stringify(piece.length > 40 ? `${piece.slice(0, 40)}…` : piece);
const shape = (family: string, name: string, build: HostileShape["build"]): HostileShape => ({ family, name, build });

const inText = (family: string, pieces: readonly string[], type = "text/plain"): HostileShape[] =>
  pieces.map((piece) =>
    shape(
      family,
      nameOf(piece),
      repeated((head) => `${head}Content-Type: ${type}\r\n\r\n`, piece),
    ),
  );

/** Below some words of the sender's own. */
const belowText = (family: string, pieces: readonly string[]): HostileShape[] =>
  pieces.map((piece) =>
    shape(
      family,
      nameOf(piece),
      repeated((head) => `${head}\r\nHello\n\n`, piece),
    ),
  );

const MULTIPART = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
const inParts = (name: string, piece: string, type = "mixed"): HostileShape =>
  shape(
    "delimiters",
    name,
    repeated((head) => `${head}${MULTIPART.replace("mixed", type)}`, piece, "--b--\r\n"),
  );

const DELIMITERS = [
  inParts("--b CRLF", "--b\r\n"),
  inParts("--b LF", "--b\n"),
  inParts("--b with blanks", "--b   \r\n"),
  inParts("--b-- CRLF", "--b--\r\n"),
  inParts("--b, empty header", "--b\r\n\r\n"),
  inParts("--bx, nearly", "--bx\r\n"),
  inParts("two dashes", "--\r\n"),
  inParts("texts", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"),
  inParts("HTML texts", "--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n"),
  inParts("files", '--b\r\nContent-Type: application/pdf; name="a.pdf"\r\n\r\nx\r\n'),
  inParts("files of base64", "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"),
  inParts("inline images", "--b\r\nContent-Type: image/png\r\nContent-ID: <a>\r\nContent-Disposition: inline\r\n\r\nx\r\n"),
  inParts("large files", `--b\r\nContent-Type: a/b\r\n\r\n${"x".repeat(70_000)}\r\n`),
  inParts("attached mails", "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\nx\r\n"),
  inParts("calendars", "--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nDTSTART:20240304\r\nEND:VEVENT\r\n"),
  inParts("boxes", "--b\r\nContent-Type: application/ms-tnef\r\n\r\n\u0078\u009f\u003e\u0022\u0001\u0000\r\n"),
  inParts("parts without header", "--b\r\n\r\nx\r\n"),
  inParts("parts of header lines", "--b\r\nX: y\r\nX: y\r\nX: y\r\n\r\n"),
  inParts(
    "alternatives",
    "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n",
    "alternative",
  ),
  inParts("a digest", "--b\r\n\r\nFrom: a@b.example\r\n\r\nx\r\n", "digest"),
  inParts("a report", "--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n", "report"),
  inParts(
    "charsets",
    "--b\r\nContent-Type: text/plain; charset=gb18030\r\n\r\n\u00c4\u00e3\u00ba\u00c3\u00c4\u00e3\u00ba\u00c3\r\n",
  ),
  inParts("multiparts of one name", "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"),
  inParts("multiparts side by side", "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n"),
  inParts("file names", `--b\r\nContent-Type: a/b\r\nContent-Disposition: attachment; filename="${"n".repeat(900)}"\r\n\r\n`),
];

/** Each level inside the one before. */
function nested(bytes: number, identity: Identity, levelOf: (level: number) => string): Uint8Array {
  const pieces = [headOf(identity)];
  let length = 0;
  for (let level = 0; length < bytes; level += 1) {
    const piece = levelOf(level);
    pieces.push(piece);
    length += piece.length;
  }
  return new Uint8Array(latin1(pieces.join("")));
}

const NESTING = [
  ["multiparts", (level: number) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`],
  [
    "multiparts with long names",
    (n: number) => `Content-Type: multipart/mixed; boundary=${"x".repeat(60)}${n}\r\n\r\n--${"x".repeat(60)}${n}\r\n`,
  ],
  ["multiparts of two names", (n: number) => `Content-Type: multipart/mixed; boundary=b${n % 2}\r\n\r\n--b${n % 2}\r\n`],
  ["attached mails", () => "Content-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n"],
  [
    "base64 in base64",
    (n: number) =>
      `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${latin1(`X: ${n}\r\n`).toString("base64")}\r\n`,
  ],
] as const;

const base64 = (piece: string): Buffer =>
  latin1(`${latin1(piece.repeat(57)).toString("base64").replace(/.{76}/g, "$&\r\n")}\r\n`);
const quotedPrintable = (piece: string): string =>
  Array.from(latin1(piece), (byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");

const encoded = (name: string, encoding: string, piece: string | Buffer, type = "text/plain"): HostileShape =>
  shape(
    "encodings",
    name,
    repeated((head) => `${head}Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`, piece),
  );

const ENCODINGS = [
  encoded("base64 of line ends", "base64", base64("\n")),
  encoded("base64 of empty HTML lines", "base64", base64("<br>"), "text/html"),
  encoded("base64 of quotes", "base64", base64("> a\n")),
  encoded("base64 of base64", "base64", base64("QUJD\n")),
  encoded("base64 of marks", "base64", base64("&#65;"), "text/html"),
  encoded("base64, padded in each line", "base64", "YQ==\r\n"),
  encoded("base64, nothing but padding", "base64", "="),
  encoded("base64, nothing that counts", "base64", "!"),
  encoded("base64, one digit a line", "base64", "A\n"),
  encoded("quoted-printable of line ends", "quoted-printable", quotedPrintable("\n")),
  encoded("quoted-printable of high bytes", "quoted-printable", quotedPrintable("\u00e9")),
  encoded("quoted-printable of marks", "quoted-printable", quotedPrintable("<"), "text/html"),
  encoded("quoted-printable, soft breaks", "quoted-printable", "=\r\n"),
  encoded("quoted-printable, broken", "quoted-printable", "="),
  encoded("uuencode", "uuencode", "begin 644 a\n#0V%T\n`\nend\n"),
  encoded("uuencode lines", "7bit", "M0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T0V%T\n"),
  encoded("yEnc", "8bit", "=ybegin line=128 size=1 name=a\n\u002a\n=yend size=1\n"),
  encoded("armour", "7bit", "-----BEGIN PGP MESSAGE-----\n"),
  encoded("armour below blanks", "7bit", " \n"),
];

const UINT = (value: number, bytes: number): string =>
  Array.from({ length: bytes }, (_, i) => String.fromCharCode((value >>> (8 * i)) & 0xff)).join("");
const attribute = (id: number, value: string): string => `\u0002${UINT(id, 4)}${UINT(value.length, 4)}${value}${UINT(0, 2)}`;
const TNEF_HEAD = `${UINT(0x223e_9f78, 4)}${UINT(1, 2)}`;

/** A box that holds a piece over and over; `insides` in one attribute, whose length is told. */
const box = (name: string, piece: string, id: number | null = null): HostileShape =>
  shape("TNEF", name, (bytes, identity) => {
    const head = `${headOf(identity)}Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n${TNEF_HEAD}`;
    const room = bytes - head.length;
    return fill(id === null ? head : `${head}\u0001${UINT(id, 4)}${UINT(room, 4)}${UINT(2_000, 4)}`, piece, { bytes });
  });

const TNEF = [
  box("empty attributes", attribute(0, "")),
  box("files", `${attribute(0x0006_9002, "")}${attribute(0x0006_800f, "x")}`),
  box("titles", attribute(0x0001_8010, "a\u0000")),
  box("texts", attribute(0x0002_800c, "a")),
  box(
    "properties",
    attribute(0x0006_9005, `${UINT(1, 4)}${UINT(0x1e, 2)}${UINT(0x3707, 2)}${UINT(1, 4)}${UINT(1, 4)}a\u0000\u0000\u0000`),
  ),
  box("values of one property", UINT(0, 4), 0x0006_9003),
  box("values that are many", `${UINT(0x101e, 2)}${UINT(0x3707, 2)}${UINT(1_000, 4)}${UINT(0, 4).repeat(1_000)}`, 0x0006_9003),
  box("one text", "a", 0x0002_800c),
  box("high bytes", "\u00e9", 0x0002_800c),
];

const attached = (name: string, type: string, piece: string, begin = ""): HostileShape =>
  shape(
    "attached",
    name,
    repeated((head) => `${head}${MULTIPART}--b\r\n\r\nSee below\r\n--b\r\nContent-Type: ${type}\r\n\r\n${begin}`, piece),
  );

const bounced = (name: string, piece: string): HostileShape =>
  shape("reports", name, (bytes, { messageId }) =>
    fill(`From: MAILER-DAEMON@x.example\r\nMessage-ID: <${messageId}>\r\nSubject: Undeliverable\r\n\r\n`, piece, { bytes }),
  );

const REPORTS = [
  bounced("blank lines", "\n\n"),
  bounced("addresses", "<a@b.example>\n"),
  bounced("codes", "550 5.1.1 x\n"),
  bounced("nearly addresses", `<${"a".repeat(200)}\n`),
  bounced("codes without end", "550 "),
  attached("blocks of a report", "message/delivery-status", "Action: failed\r\n\r\n"),
  attached("fields of a report", "message/delivery-status", "Final-Recipient: rfc822; a@b.example\r\n"),
  attached("fields of a complaint", "message/feedback-report", "Original-Rcpt-To: a@b.example\r\n"),
  attached("header lines of a mail", "message/rfc822", "X: y\r\n", "From: a@b.example\r\n"),
  attached("words of a mail", "message/rfc822", "> a\n", "From: a@b.example\r\n\r\n"),
  attached("delimiters of a mail", "message/rfc822", "--c\r\n", "Content-Type: multipart/mixed; boundary=c\r\n\r\n"),
  attached("headers alone", "text/rfc822-headers", "a\n"),
];

const CALENDAR_BEGIN = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nDTSTART:20240304T100000Z\r\n";

export const HOSTILE_SHAPES: readonly HostileShape[] = [
  ...inText("lines", LINES),
  ...belowText("quotes", QUOTES),
  ...belowText("attributions", ATTRIBUTIONS),
  ...belowText("old headers", OLD_HEADERS),
  ...belowText("signatures", SIGNATURES),
  ...inText("flowed", FLOWED, "text/plain; format=flowed; delsp=yes"),
  ...inText("addresses in text", ADDRESSES_IN_TEXT),
  ...DELIMITERS,
  ...NESTING.map(([name, levelOf]) => shape("nesting", name, (bytes, identity) => nested(bytes, identity, levelOf))),
  ...HEADER_LINES.map((piece) =>
    shape(
      "header lines",
      nameOf(piece),
      repeated((head) => head, piece, "\r\nHello\r\n"),
    ),
  ),
  ...LONG_HEADERS.map(([begin, piece]) =>
    shape(
      "long headers",
      nameOf(begin + piece),
      repeated((head) => `${begin.startsWith("X") ? head : ""}${begin}`, piece, "\r\n\r\nHello\r\n"),
    ),
  ),
  ...inText("HTML", HTML, "text/html; charset=utf-8"),
  ...inText("hidden text", HIDING, "text/html; charset=utf-8"),
  ...CALENDARS.map((piece) =>
    shape(
      "calendars",
      nameOf(piece),
      repeated((head) => `${head}Content-Type: text/calendar\r\n\r\n${CALENDAR_BEGIN}`, piece),
    ),
  ),
  ...CHARSETS.map(([charset, piece]) =>
    shape(
      "charsets",
      `${charset} ${nameOf(piece)}`,
      repeated((head) => `${head}Content-Type: text/plain; charset=${charset}\r\n\r\n`, piece),
    ),
  ),
  ...ENCODINGS,
  ...TNEF,
  ...REPORTS,
];

/** Those that are somebody's message, with the subject that they were given. */
const LETTER_FAMILIES = new Set(
  "lines,quotes,attributions,signatures,flowed,addresses in text,nesting,HTML,hidden text,charsets,encodings,TNEF".split(","),
);
export const HOSTILE_LETTERS: readonly HostileShape[] = HOSTILE_SHAPES.filter(({ family }) => LETTER_FAMILIES.has(family));
