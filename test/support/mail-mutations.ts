/** Mails that nobody would write: generated, then cut, spliced and damaged, the same ones for the same seed. */

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;

const pick = <T>(random: Random, list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0];
const upTo = (random: Random, max: number): number => Math.floor(random() * (max + 1));

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

const FROM = [
  "Vera <vera@example.test>",
  "vera@example.test",
  '"Last, First (x)" <a.b+c@example.test>',
  "=?utf-8?B?VmVyYQ==?= <v@example.test>",
  "=?gb18030?Q?=C4=E3=BA=C3?= <zh@example.test>",
  "Group: a@example.test, b@example.test;",
  "<>",
  "MAILER-DAEMON",
  '"',
  "a@b@c <x@y.test>",
  "\u00e9\u00e8 <raw8bit@example.test>",
  "<<<<>>>>@@@@",
  "\u0000nul@example.test",
] as const;
const CHARSETS = ["utf-8", "iso-8859-1", "gb18030", "shift_jis", "utf-7", "x-unknown", "utf-16le", '"', "koi8-r", ""] as const;
const TYPES = [
  "text/plain",
  "text/html",
  "text/calendar; method=REQUEST",
  "application/ms-tnef; name=winmail.dat",
  "message/rfc822",
  "message/delivery-status",
  "application/pgp-encrypted",
  "application/pdf; name=x.pdf",
  "image/png; name=../../etc/passwd",
  "text/plain; format=flowed; delsp=yes",
  "multipart/mixed",
  ";;;=;",
] as const;
const ENCODINGS = ["7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "BASE64 (comment)", ""] as const;
const LINE_ENDS = ["\r\n", "\r\n", "\r\n", "\n", "\r"] as const;
const BODIES = [
  "Hello, I have a question.",
  "<p>Hello <b>there</b></p><blockquote>old</blockquote><script>alert(1)</script>",
  "On Mon, 2 Nov 2026 Vera wrote:\r\n> one\r\n> two\r\n\r\nthree",
  "---------- Forwarded message ---------\r\nFrom: Nora <nora@example.test>\r\nSubject: x\r\n\r\ninner",
  "\u0082\u00a0\u0082\u00a2\u00ff\u00fe\u0000\u0001",
  "=C3=A9=\r\n=ZZ=",
  "SGVsbG8=\r\n====\r\n!!!!",
  "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261102T100000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR",
  "begin 644 x\r\n#0V%T\r\n`\r\nend",
  "",
] as const;
const EXTRAS = [
  "Auto-Submitted: auto-replied",
  "Precedence: bulk",
  "List-Id: <list.example.test>",
  "X-Failed-Recipients: nobody@example.test",
  "In-Reply-To: <a@b> <c@d",
  "References: <" + "x".repeat(900) + "@y>",
  "Content-Disposition: attachment; filename*=utf-8''%E2%80%AE%00.exe",
  "Date: yesterday",
  "Received: from\r\n by\r\n\t \r\n for",
  "Subject: =?utf-8?Q?=FF=FE?= =?x?y?z?=",
  " continued without a beginning",
  ":",
  "X-Hilo-Loop: forged",
] as const;

/** A part with its header, which may hold others. */
function makePart(random: Random, depth: number): string {
  const type = pick(random, TYPES);
  const isMultipart = depth > 0 && random() < 0.4;
  const boundary = pick(random, ["b", "b b", "=_x", "b--", `${depth}`] as const);
  const header = isMultipart
    ? `Content-Type: multipart/${pick(random, ["mixed", "alternative", "related", "report", "signed", "digest"] as const)}; boundary="${boundary}"`
    : `Content-Type: ${type}; charset=${pick(random, CHARSETS)}\r\nContent-Transfer-Encoding: ${pick(random, ENCODINGS)}`;
  if (!isMultipart) return `${header}\r\n\r\n${pick(random, BODIES).repeat(1 + upTo(random, 3))}`;
  const parts = Array.from({ length: 1 + upTo(random, 3) }, () => `--${boundary}\r\n${makePart(random, depth - 1)}\r\n`);
  return `${header}\r\n\r\n${parts.join("")}${random() < 0.8 ? `--${boundary}--\r\n` : ""}`;
}

const SENDERS = 400;

function makeMail(random: Random): Uint8Array {
  const extras = Array.from({ length: upTo(random, 3) }, () => pick(random, EXTRAS));
  const id = random() < 0.8 ? [`Message-ID: <${random().toString(36).slice(2)}@example.test>`] : [];
  // Many people, so that not all of it comes together in a few threads.
  const from = pick(random, FROM).replace("example.test", `s${upTo(random, SENDERS)}.example.test`);
  const head = [`From: ${from}`, "To: hello@acme.test", "Subject: A question", ...id, ...extras];
  const text = `${head.join("\r\n")}\r\n${makePart(random, 3)}`;
  return latin1(text.replaceAll("\r\n", pick(random, LINE_ENDS)));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

type Mutation = (mail: Uint8Array, random: Random) => Uint8Array;

/** How often a bomb repeats what it is made of: most are small, so that there can be many of them. */
const REPEATS_MAX = 60_000;
const repeats = (random: Random): number => upTo(random, random() < 0.1 ? REPEATS_MAX : REPEATS_MAX / 20);

const MUTATIONS: Record<string, Mutation> = {
  nothing: (mail) => mail,
  truncated: (mail, random) => mail.subarray(0, 1 + upTo(random, mail.length - 1)),
  beheaded: (mail, random) => mail.subarray(upTo(random, mail.length - 1)),
  spliced: (mail, random) => {
    const other = makeMail(random);
    return joined([mail.subarray(0, upTo(random, mail.length)), other.subarray(upTo(random, other.length))]);
  },
  "bit-flipped": (mail, random) => {
    const out = mail.slice();
    for (let n = 1 + upTo(random, 30); n > 0; n -= 1) {
      const at = upTo(random, out.length - 1);
      out[at] = (out[at] ?? 0) ^ (1 << upTo(random, 7));
    }
    return out;
  },
  "deeply nested": (_mail, random) => {
    const depth = 20 + upTo(random, 400);
    const open = Array.from({ length: depth }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`);
    return latin1(`From: vera@example.test\r\n${open.join("")}\r\ndeep`);
  },
  "many parts": (_mail, random) =>
    latin1(
      `From: v@example.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\nx\r\n".repeat(upTo(random, 3_000))}`,
    ),
  "header bomb": (mail, random) =>
    joined([latin1(pick(random, ["X: y\r\n", "A", "X:\r\n\t", "To: a@b.test,\r\n "] as const).repeat(repeats(random))), mail]),
  newlines: (mail, random) =>
    joined([mail, latin1(pick(random, ["\n", "\r\n", "\r", " \n", ">\n"] as const).repeat(repeats(random) * 5))]),
  "one endless line": (mail, random) =>
    joined([
      mail,
      latin1(pick(random, ["x", "<", "> ", "&#", "<div>", "=", "wrote: ", "a@b."] as const).repeat(repeats(random))),
    ]),
  "random bytes": (_mail, random) => Uint8Array.from({ length: 1 + upTo(random, 5_000) }, () => upTo(random, 255)),
  doubled: (mail) => joined([mail, mail]),
};

export interface OddMail {
  raw: Uint8Array;
  /** What was done to it. */
  mutation: string;
}

export function* oddMails(seed: number, count: number): Generator<OddMail> {
  const random = seededRandom(seed);
  const names = Object.keys(MUTATIONS);
  for (let n = 0; n < count; n += 1) {
    const mutation = names[n % names.length] ?? "nothing";
    yield { raw: (MUTATIONS[mutation] ?? ((mail) => mail))(makeMail(random), random), mutation };
  }
}
