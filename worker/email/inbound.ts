/** The ways in for mail: the platform's `email()` event and the endpoint for gateways and other MTAs. */
import { Hono } from "hono";
import * as v from "valibot";
import { uuidSchema } from "../../durable-objects/conversation/protocol.ts";
import type { AppContext, AppEnv } from "../api/context.ts";
import { describe } from "../api/describe.ts";
import { readBytes } from "../api/input.ts";
import { AppError, onError } from "../api/problems.ts";
import { isEqualConstantTime } from "../auth/hmac.ts";
import { describeError } from "../domain/error-text.ts";
import { configOf, type Env } from "../env.ts";
import { MAIL_BYTES_MAX, findRecipient, receiveMail } from "./receive.ts";

/** Loaded when a mail is there: the parser and the sanitiser would cost every visitor's first request start-up time. */
async function processMail(env: Env, ledgerId: string): Promise<void> {
  const process = await import("./process.ts");
  await process.processMail(env, ledgerId);
}

/** Throws where a retry can help; rejects for ever only what can never be accepted. */
export async function handleEmail(message: ForwardableEmailMessage, env: Env): Promise<void> {
  if (message.rawSize > MAIL_BYTES_MAX) return message.setReject("552 5.3.4 This message is too large");
  const raw = new Uint8Array(await new Response(message.raw).arrayBuffer());
  const received = await receiveMail(env, { from: message.from, to: message.to }, raw);
  if (received.kind === "unknown-mailbox") return message.setReject("550 5.1.1 There is no such mailbox here");
  await processMail(env, received.row.id);
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
    const raw = await readBytes(c.req.raw, MAIL_BYTES_MAX);
    if (raw.byteLength === 0) throw new AppError("invalid", "The body must be the raw mail.");
    const received = await receiveMail(c.env, { from: c.req.query("from") ?? "", to }, raw).catch((error: unknown) => {
      console.error(JSON.stringify({ level: "error", event: "mail_not_stored", ...describeError(error) }));
      throw new AppError("unavailable", "The mail could not be stored now. Send it again.");
    });
    if (received.kind === "unknown-mailbox") throw new AppError("not_found", "There is no such mailbox.");
    c.executionCtx.waitUntil(processMail(c.env, received.row.id));
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

function assertSecret(c: AppContext): void {
  const secret = configOf(c.env).INBOUND_MAIL_SECRET;
  const given = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  if (secret === "" || !isEqualConstantTime(given, secret)) throw new AppError("bad_secret");
}
