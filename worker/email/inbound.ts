/** The ways in for mail: the platform's `email()` event and the endpoint for gateways and other MTAs. */
import { Hono } from "hono";
import * as v from "valibot";
import { uuidSchema } from "../../durable-objects/conversation/protocol.ts";
import type { AppContext, AppEnv } from "../api/context.ts";
import { describe } from "../api/describe.ts";
import { AppError, onError } from "../api/problems.ts";
import { isEqualConstantTime } from "../auth/hmac.ts";
import { describeError } from "../domain/error-text.ts";
import { assertNever } from "../domain/assert-never.ts";
import { configOf, type Env } from "../env.ts";
import { MAIL_BYTES_MAX, findRecipient, receiveMail } from "./receive.ts";

/** Loaded when a mail is there: the parser and the sanitiser would cost every visitor's first request start-up time. */
async function processMail(env: Env, { row, isNew }: { row: { id: string }; isNew: boolean }): Promise<void> {
  const { processMail: process, resumeMail } = await import("./process.ts");
  await (isNew ? process : resumeMail)(env, row.id);
}

const TOO_LARGE_REPLY = "552 5.3.4 This message is too large";

/** Throws where a retry can help; rejects for ever only what can never be accepted. */
export async function handleEmail(message: ForwardableEmailMessage, env: Env): Promise<void> {
  if (message.rawSize > MAIL_BYTES_MAX) return message.setReject(TOO_LARGE_REPLY);
  const received = await receiveMail(env, { from: message.from, to: message.to }, message.raw);
  switch (received.kind) {
    case "unknown-mailbox":
      return message.setReject("550 5.1.1 There is no such mailbox here");
    case "too-large":
      return message.setReject(TOO_LARGE_REPLY);
    case "empty":
      return message.setReject("554 5.6.0 There is no message");
    case "accepted":
      return processMail(env, received);
    default:
      return assertNever(received);
  }
}

const INBOUND_DESCRIPTION = {
  summary: "Hand over an inbound mail: the body is the raw message",
  query: v.object({ from: v.optional(v.string()), to: v.string() }),
  response: v.object({ ledgerId: uuidSchema }),
  status: 202,
  security: "mailSecret",
} as const;
const RECIPIENTS_DESCRIPTION = {
  summary: "Whether an address is one of the mailboxes, for gateways that ask at RCPT",
  query: v.object({ to: v.string() }),
  status: 204,
  security: "mailSecret",
} as const;

export const inboundMailApp = new Hono<AppEnv>()
  .basePath("/email")
  .post("/inbound", describe(INBOUND_DESCRIPTION), async (c) => {
    assertSecret(c);
    const to = c.req.query("to") ?? "";
    // Before the body is read: a sender that says so at once is answered at once.
    if (Number(c.req.header("content-length") ?? "0") > MAIL_BYTES_MAX) throw tooLarge();
    const envelope = { from: c.req.query("from") ?? "", to };
    const received = await receiveMail(c.env, envelope, c.req.raw.body ?? new Uint8Array()).catch((error: unknown) => {
      console.error(JSON.stringify({ level: "error", event: "mail_not_stored", ...describeError(error) }));
      throw new AppError("unavailable", "The mail could not be stored now. Send it again.");
    });
    if (received.kind === "unknown-mailbox") throw new AppError("not_found", "There is no such mailbox.");
    if (received.kind === "too-large") throw tooLarge();
    if (received.kind === "empty") throw new AppError("invalid", "The body must be the raw mail.");
    c.executionCtx.waitUntil(processMail(c.env, received));
    return c.json({ ledgerId: received.row.id }, 202);
  })
  .get("/recipients", describe(RECIPIENTS_DESCRIPTION), async (c) => {
    assertSecret(c);
    if ((await findRecipient(c.env, c.req.query("to") ?? "")) === null)
      throw new AppError("not_found", "There is no such mailbox.");
    return c.body(null, 204);
  })
  // Not `notFound`: that of a mounted app is never asked, and the inbox's page would answer.
  .all("/*", () => {
    throw new AppError("not_found");
  })
  .onError(onError);

function tooLarge(): AppError {
  return new AppError("too_large", `At most ${MAIL_BYTES_MAX} bytes.`);
}

function assertSecret(c: AppContext): void {
  const secret = configOf(c.env).INBOUND_MAIL_SECRET;
  const given = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  if (secret === "" || !isEqualConstantTime(given, secret)) throw new AppError("bad_secret");
}
