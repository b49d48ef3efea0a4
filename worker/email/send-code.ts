/**
 * The mail with a code, and the link that does the same in one tap. It holds no word that a visitor chose, and goes to
 * nobody whom mail does not reach, who has complained, or who has said that it was not them.
 */
import type { SessionClaim, SessionFacts } from "../../durable-objects/conversation/sessions.ts";
import { isGuarded, withinCodeTotals } from "../api/code-totals.ts";
import { newId } from "../api/new-id.ts";
import { CODE_DIGITS, CODE_DIGITS_GUARDED, hashCode, newCode, signForSession } from "../auth/confirming-secrets.ts";
import type { Database } from "../db/database.ts";
import { findOwnAddresses, listMailboxes } from "../db/settings.ts";
import { findUndeliverable } from "../db/undeliverable.ts";
import type { Mailbox } from "../domain/api-shapes.ts";
import { describeError } from "../domain/error-text.ts";
import { isNamedOrigin } from "../domain/origins.ts";
import type { Settings } from "../domain/settings.ts";
import { configOf, type Env } from "../env.ts";
import { conversationStub } from "../objects.ts";
import { composeSystemMail } from "./compose-system.ts";
import { MAIL_TEXTS } from "./compose-texts.ts";
import { confirmingLink } from "./confirming-link.ts";
import { loopMarkerOf } from "./secrets.ts";
import type { SendResult } from "./send.ts";
import { createSignedAddress } from "./signed-address.ts";
import { createTransport } from "./transport.ts";

export interface CodeRequest {
  conversationId: string;
  claim: SessionClaim;
  facts: SessionFacts;
  settings: Settings;
  /** Who asks, for limits; null where there are none. */
  client: string | null;
  locale: "en" | "es" | null;
}

/** Never throws: the visitor is not told whether a mail left, and the log is, by the conversation's id. */
export async function sendCode(env: Env, db: Database, request: CodeRequest): Promise<void> {
  const { conversationId } = request;
  try {
    await trySend(env, db, request);
  } catch (error) {
    console.error(JSON.stringify({ level: "error", event: "code_failed", conversationId, ...describeError(error) }));
  }
}

async function trySend(env: Env, db: Database, request: CodeRequest): Promise<void> {
  const { conversationId, client, facts } = request;
  const { email, isStopped, isAnswered, sessionId } = facts;
  const [mailbox] = await listMailboxes(db);
  if (email === null || isStopped || mailbox === undefined) return;
  if ((await findOwnAddresses(db, [email])).length > 0 || (await findUndeliverable(db, [email])).length > 0) return;
  const answeredIn = isAnswered ? conversationId : null;
  const mail = () => mailCode(env, { ...request, sessionId, email, mailbox });
  await (client === null ? mail() : withinCodeTotals(env, { client, email, answeredIn }, mail));
}

type CodeToMail = CodeRequest & { sessionId: string; email: string; mailbox: Mailbox };

/** @returns null where the session is let in no more */
async function mailCode(env: Env, input: CodeToMail): Promise<SendResult | null> {
  const { conversationId, claim, sessionId, email } = input;
  const code = newCode((await isGuarded(env)) ? CODE_DIGITS_GUARDED : CODE_DIGITS);
  const hash = await hashCode(configOf(env).APP_SECRET, { sessionId, code });
  // Known before it can be typed; it ends the one before.
  const answer = await conversationStub(env, conversationId).session(claim, { kind: "new-code", email, hash });
  if (answer.kind !== "ok") return null;
  const result = await createTransport(env).send(await compose(env, { ...input, code }));
  if (result.kind !== "sent")
    console.error(JSON.stringify({ level: "warn", event: "code_not_sent", conversationId, result: result.kind }));
  return result;
}

async function compose(
  env: Env,
  { conversationId, facts, settings, locale, email, code, mailbox }: CodeToMail & { code: string },
) {
  const { APP_SECRET, PUBLIC_URL } = configOf(env);
  const language = locale ?? mailbox.locale ?? settings.mail.locale;
  const texts = MAIL_TEXTS[language];
  const { company, widget } = settings;
  const { sessionId, origin } = facts;
  const site = origin !== null && isNamedOrigin(origin, widget.allowedOrigins) ? new URL(origin).host : null;
  const session = { conversationId, sessionId, email, now: Date.now() };
  const link = await confirmingLink(APP_SECRET, { ...session, origin, widget });
  const stop =
    PUBLIC_URL === "" ? null : `${new URL(PUBLIC_URL).origin}/not-me#${await signForSession(APP_SECRET, "stop-codes", session)}`;
  return composeSystemMail({
    locale: language,
    from: { address: mailbox.address, name: company },
    to: { address: email, name: null },
    // Whoever answers it is read.
    replyTo: await createSignedAddress(env, { kind: "contact", conversationId, mailbox: mailbox.address, recipient: email }),
    subject: texts.codeSubject(code, company),
    paragraphs: [
      texts.codeWho(company, site),
      texts.code(code),
      ...(link === null ? [] : [texts.codeLink(link)]),
      texts.codeWarning,
      ...(stop === null ? [] : [texts.codeStop(stop)]),
    ],
    messageId: `${newId()}@${mailbox.address.slice(mailbox.address.lastIndexOf("@") + 1)}`,
    loopMarker: await loopMarkerOf(env),
  });
}
