/**
 * Mail by SMTP (RFC 5321) from a Worker. What matters most is to know, when something breaks, whether the mail
 * may have left: until the final dot is written nothing was sent; from then until the answer, it may have been.
 */
import { buildMime } from "./build-mime.ts";
import { encodeBase64Text } from "./mime-text.ts";
import { copiesOf, type OutgoingMail } from "./outgoing-mail.ts";
import { createCheckedTransport, type MailTransport, type RefusedRecipient, type SendResult } from "./send.ts";
import { explainRefusal, isPermanent, isPositive, parseExtensions, type SmtpReply, type SmtpSubject } from "./smtp-reply.ts";
import { type SmtpConnect, SmtpCutError, SmtpSession } from "./smtp-session.ts";
import { isLoopback, type SmtpConfig } from "./smtp-url.ts";

export interface SmtpTimeouts {
  /** Connecting and the greeting. */
  greetingMs: number;
  /** Each command. */
  commandMs: number;
  /** Writing the whole message. */
  bodyMs: number;
  /** From the final dot to the answer: servers filter here. RFC 5321 allows ten minutes, a Worker does not. */
  finalMs: number;
}

export const SMTP_TIMEOUTS: SmtpTimeouts = { greetingMs: 15_000, commandMs: 30_000, bodyMs: 120_000, finalMs: 120_000 };

export interface SmtpTransportOptions {
  config: SmtpConfig;
  connect: SmtpConnect;
  now: () => number;
  newId: () => string;
  timeouts?: SmtpTimeouts;
}

/** Our own Message-ID is set and returned, so that answers match it. */
export function createSmtpTransport(options: SmtpTransportOptions): MailTransport {
  return createCheckedTransport({ send: async (mail) => sendOverSmtp(mail, options) });
}

/** A refusal ends the attempt; thrown within this file only. */
class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly result: SendResult;
  constructor(result: SendResult) {
    super(result.kind);
    this.result = result;
  }
}

/** Encryption was offered and failed: with nothing to protect, the next attempt goes without. */
class TlsFailedError extends Error {
  override readonly name = "TlsFailedError";
}

async function sendOverSmtp(mail: OutgoingMail, options: SmtpTransportOptions): Promise<SendResult> {
  const { config } = options;
  try {
    return await attempt(mail, options, config.security !== "tls");
  } catch (error) {
    if (!(error instanceof TlsFailedError)) throw error;
    const mayGoWithout = config.security === "opportunistic" && (config.credentials === null || isLoopback(config.hostname));
    if (!mayGoWithout)
      return { kind: "deferred", reason: "Encryption with the mail server failed: its certificate may be wrong." };
    return await attempt(mail, options, false);
  }
}

/** One connection. @throws TlsFailedError */
async function attempt(mail: OutgoingMail, options: SmtpTransportOptions, mayStartTls: boolean): Promise<SendResult> {
  const { config, connect, timeouts = SMTP_TIMEOUTS } = options;
  const secureTransport = config.security === "tls" ? "on" : mayStartTls ? "starttls" : "off";
  let session: SmtpSession | null = null;
  let isPolite = true;
  try {
    session = new SmtpSession(
      connect({ hostname: config.hostname, port: config.port }, { secureTransport, allowHalfOpen: false }),
    );
    const connection: Connection = { session, config, timeouts, mayStartTls, clientName: getDomain(mail) };
    const extensions = await openSession(connection);
    await authenticate(connection, extensions);
    const result = await deliver(connection, extensions, mail, options);
    isPolite = result.kind !== "unknown";
    return result;
  } catch (error) {
    if (error instanceof RefusedError) return error.result;
    isPolite = false;
    if (error instanceof TlsFailedError) throw error;
    const reason = error instanceof SmtpCutError ? error.message : "The mail server can't be reached.";
    return { kind: "deferred", reason };
  } finally {
    await session?.close(isPolite);
  }
}

interface Connection {
  session: SmtpSession;
  config: SmtpConfig;
  timeouts: SmtpTimeouts;
  mayStartTls: boolean;
  /** What we call ourselves. */
  clientName: string;
}

type Extensions = Map<string, string>;

async function openSession(connection: Connection): Promise<Extensions> {
  const { session, config, timeouts, mayStartTls } = connection;
  expectPositive(await session.readReply(timeouts.greetingMs));
  const extensions = await greet(connection);
  if (config.security === "tls" || !mayStartTls) return extensions;
  if (!extensions.has("STARTTLS")) {
    if (config.security === "opportunistic") return extensions;
    throw new RefusedError({ kind: "deferred", reason: "The mail server offers no encryption, which SMTP_URL requires." });
  }
  expectPositive(await session.command("STARTTLS", timeouts.commandMs));
  session.startTls();
  try {
    return await greet(connection);
  } catch (error) {
    if (error instanceof SmtpCutError) throw new TlsFailedError("TLS failed", { cause: error });
    throw error;
  }
}

async function greet({ session, timeouts, clientName }: Connection): Promise<Extensions> {
  const reply = await session.command(`EHLO ${clientName}`, timeouts.commandMs);
  if (isPositive(reply)) return parseExtensions(reply);
  expectPositive(await session.command(`HELO ${clientName}`, timeouts.commandMs));
  return new Map();
}

async function authenticate({ session, config, timeouts }: Connection, extensions: Extensions): Promise<void> {
  const { credentials, hostname } = config;
  if (credentials === null) return;
  if (config.security !== "tls" && !session.isUpgraded && !isLoopback(hostname)) {
    throw new RefusedError({
      kind: "deferred",
      reason: "The mail server offers no encryption, and a password never travels without.",
    });
  }
  const methods = (extensions.get("AUTH") ?? "").split(" ");
  if (methods.includes("PLAIN")) {
    const secret = encodeBase64Text(`\0${credentials.username}\0${credentials.password}`);
    expectAuthenticated(await session.command(`AUTH PLAIN ${secret}`, timeouts.commandMs));
  } else if (methods.includes("LOGIN")) {
    expectAuthenticated(await session.command("AUTH LOGIN", timeouts.commandMs));
    expectAuthenticated(await session.command(encodeBase64Text(credentials.username), timeouts.commandMs));
    expectAuthenticated(await session.command(encodeBase64Text(credentials.password), timeouts.commandMs));
  } else {
    throw new RefusedError({
      kind: "deferred",
      reason: "The mail server offers no way to sign in that Hilo knows (PLAIN, LOGIN).",
    });
  }
}

/** Dot-stuffing follows RFC 5321, 4.5.2. */
async function deliver(
  connection: Connection,
  extensions: Extensions,
  mail: OutgoingMail,
  options: SmtpTransportOptions,
): Promise<SendResult> {
  const { session, timeouts, clientName } = connection;
  const messageId = mail.messageId ?? `${options.newId()}@${clientName}`;
  const message = buildMime(mail, { messageId, sentAt: options.now(), boundary: `hilo-${options.newId()}` });
  // The message is ASCII: characters are bytes.
  const size = extensions.has("SIZE") ? ` SIZE=${message.length}` : "";
  expectPositive(await session.command(`MAIL FROM:<${mail.from.address}>${size}`, timeouts.commandMs));
  const refused = await sendRecipients(connection, mail);

  const consent = await session.command("DATA", timeouts.commandMs);
  if (consent.code !== 354) throw new RefusedError(toResult(consent, "session"));
  await session.write(message.replace(/(^|\r\n)\./g, "$1.."), timeouts.bodyMs);
  const outcome = await finish(connection);
  if (outcome === "unknown")
    return { kind: "unknown", reason: "The connection broke before the mail server confirmed the mail." };
  if (!isPositive(outcome)) return toResult(outcome, copiesOf(mail).length === 1 ? "message" : "session");
  return { kind: "sent", messageId, refused };
}

/** Those that were refused, where at least one was accepted. @throws RefusedError where none was. */
async function sendRecipients({ session, timeouts }: Connection, mail: OutgoingMail): Promise<RefusedRecipient[]> {
  const refused: RefusedRecipient[] = [];
  const replies: SmtpReply[] = [];
  const addresses = copiesOf(mail).map(({ address }) => address);
  for (const address of addresses) {
    const reply = await session.command(`RCPT TO:<${address}>`, timeouts.commandMs);
    if (isPositive(reply)) continue;
    replies.push(reply);
    refused.push({ address, ...explainRefusal(reply, "recipient"), isTemporary: !isPermanent(reply) });
  }
  if (refused.length < addresses.length) return refused;
  // While one of them may be accepted later, the mail is worth another try.
  const decisive = replies.find((reply) => !isPermanent(reply)) ?? replies[0];
  if (decisive === undefined) throw new RefusedError({ kind: "deferred", reason: "This mail has no recipient." });
  const result = toResult(decisive, "recipient");
  throw new RefusedError(result.kind === "refused" && refused.length > 1 ? { ...result, refused } : result);
}

/** The one moment in which the mail may leave without our knowing. */
async function finish({ session, timeouts }: Connection): Promise<SmtpReply | "unknown"> {
  try {
    await session.write(".\r\n", timeouts.finalMs);
    return await session.readReply(timeouts.finalMs);
  } catch {
    return "unknown";
  }
}

function expectPositive(reply: SmtpReply): void {
  if (!isPositive(reply)) throw new RefusedError(toResult(reply, "session"));
}

function expectAuthenticated(reply: SmtpReply): void {
  if (!isPositive(reply)) throw new RefusedError(toResult(isPermanent(reply) ? { ...reply, code: 535 } : reply, "session"));
}

function toResult(reply: SmtpReply, subject: SmtpSubject): SendResult {
  const refusal = explainRefusal(reply, subject);
  return isPermanent(reply) ? { kind: "refused", ...refusal } : { kind: "deferred", reason: refusal.reason };
}

function getDomain(mail: OutgoingMail): string {
  return mail.from.address.slice(mail.from.address.lastIndexOf("@") + 1);
}
