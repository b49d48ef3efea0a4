/** Answers of SMTP servers, read and put in plain words. Pure. */

export interface SmtpReply {
  /** Three digits. */
  code: number;
  /** The text of each line, without the code. */
  lines: string[];
}

/** What a refusal means to the agent. */
export interface SmtpRefusal {
  reason: string;
  /** Enhanced status such as `5.1.1` where there is one, else the three digits. */
  code: string;
  /** The address itself is bad. */
  isHard: boolean;
}

/** UTF-16 code units of the server's own words that are repeated in a reason. */
const SERVER_WORDS_MAX = 200;

/** The reply at the start of `text`, or null while it is not complete; "bad" where it is no SMTP. */
export function parseReply(text: string): { reply: SmtpReply; length: number } | "bad" | null {
  const lines: string[] = [];
  let position = 0;
  for (;;) {
    const end = text.indexOf("\n", position);
    if (end === -1) return null;
    const match = /^(\d{3})(?:([ -])(.*?))?\r?$/.exec(text.slice(position, end));
    if (match === null) return "bad";
    position = end + 1;
    lines.push(match[3] ?? "");
    if (match[2] !== "-") return { reply: { code: Number(match[1]), lines }, length: position };
  }
}

/** Extensions of an EHLO reply: name in upper case → its parameters. */
export function parseExtensions(reply: SmtpReply): Map<string, string> {
  return new Map(
    reply.lines.slice(1).map((line) => {
      const [name = "", ...rest] = line.trim().split(/[ =]/);
      return [name.toUpperCase(), rest.join(" ").toUpperCase()];
    }),
  );
}

export function isPositive(reply: SmtpReply): boolean {
  return reply.code >= 200 && reply.code < 400;
}

export function isPermanent(reply: SmtpReply): boolean {
  return reply.code >= 500;
}

/** By enhanced status (RFC 3463) first, because servers use the three digits loosely. */
const STATUS_REASONS: [prefix: string, reason: string, isHard: boolean][] = [
  ["1.1", "This address does not exist.", true],
  ["1.2", "The domain of this address does not exist.", true],
  ["1.3", "This address is malformed.", true],
  ["1.6", "This mailbox has moved.", true],
  ["1.10", "This domain takes no mail.", true],
  ["1.8", "The mail server does not accept the sender's address.", false],
  ["1.7", "The mail server does not accept the sender's address.", false],
  ["1.", "The mail server refused this address.", true],
  ["2.1", "This mailbox is switched off.", true],
  ["2.2", "This mailbox is full.", false],
  ["2.3", "This mail is too large for that mailbox.", false],
  ["3.4", "This mail is too large for that mail server.", false],
  ["7.8", "The mail server refused the user or password in SMTP_URL.", false],
  ["7.", "The mail server refused this mail by its own rules.", false],
];

/** What a reply answers: `RCPT TO`, a message to one recipient, or anything else, which says nothing of an address. */
export type SmtpSubject = "recipient" | "message" | "session";

export function explainRefusal(reply: SmtpReply, subject: SmtpSubject): SmtpRefusal {
  const words = reply.lines
    .join(" ")
    .replace(/\p{Cc}/gu, " ")
    .trim();
  const status = /^([245]\.\d{1,3}\.\d{1,3})\b/.exec(words)?.[1] ?? null;
  const isPermanentReply = isPermanent(reply);
  // What is only so for now says little more than that, but for a mailbox that is full.
  const isTelling = status !== null && (isPermanentReply || status === "4.2.2");
  const known = isTelling ? findStatus(status) : undefined;
  const code = status ?? String(reply.code);
  const said = words === "" ? "" : ` It said: ${words.slice(0, SERVER_WORDS_MAX)}`;
  if (known !== undefined)
    return { reason: known[1] + said, code, isHard: isPermanentReply && known[2] && subject !== "session" };
  const isUnknownUser = subject === "recipient" && (reply.code === 550 || reply.code === 553) && status === null;
  if (isUnknownUser) return { reason: `The mail server does not know this address.${said}`, code, isHard: true };
  if (reply.code === 552) return { reason: `This mailbox is full, or the mail too large.${said}`, code, isHard: false };
  if (reply.code === 535)
    return { reason: `The mail server refused the user or password in SMTP_URL.${said}`, code, isHard: false };
  if (isPermanentReply) return { reason: `The mail server refused this mail.${said}`, code, isHard: false };
  return { reason: `The mail server can't take this mail now.${said}`, code, isHard: false };
}

function findStatus(status: string): (typeof STATUS_REASONS)[number] | undefined {
  const detail = status.slice(2);
  return STATUS_REASONS.find(([prefix]) => (prefix.endsWith(".") ? detail.startsWith(prefix) : detail === prefix));
}
