/** The queue of Cloudflare's delivery events: each is carried out once or more, with the same outcome (A5). */
import { openDatabase, type Database } from "../db/database.ts";
import { findByMessageIds } from "../db/mail-threads.ts";
import { findMailbox } from "../db/settings.ts";
import { markUndeliverable, unmarkBounced } from "../db/undeliverable.ts";
import { describeError } from "../domain/error-text.ts";
import type { Env } from "../env.ts";
import { conversationStub } from "../objects.ts";
import { parseDeliveryEvent, type DeliveryChange } from "./delivery-events.ts";

/** An event may be quicker than the note of its mail's id. */
const UNKNOWN_TRIES_MAX = 3;
const UNKNOWN_RETRY_SECONDS = 30;

/** Never throws: an event that cannot be read is logged and taken, one that fails comes again by itself. */
export async function handleDeliveryEvents(batch: MessageBatch, env: Env): Promise<void> {
  const db = openDatabase(env.DB);
  for (const message of batch.messages) {
    try {
      if ((await handleOne(env, db, message)) === "later") message.retry({ delaySeconds: UNKNOWN_RETRY_SECONDS });
      else message.ack();
    } catch (error) {
      log("error", "delivery_event_failed", { queueMessageId: message.id, ...describeError(error) });
      message.retry();
    }
  }
}

async function handleOne(env: Env, db: Database, { id, body, attempts }: Message): Promise<"done" | "later"> {
  const change = parseDeliveryEvent(body);
  if (change === null) {
    log("warn", "delivery_event_unknown", { queueMessageId: id });
    return "done";
  }
  await changeAddress(db, change);
  const mailbox = await findMailbox(db, change.sender);
  // Nobody's: an invitation, a test mail, or one of another system on the same domain.
  if (mailbox === null) return "done";
  const known = await findByMessageIds(db, mailbox.id, [change.messageId]);
  if (known === null || known.seq === null) return attempts < UNKNOWN_TRIES_MAX ? "later" : "done";
  await conversationStub(env, known.conversationId).reportDelivery(known.seq, change.report);
  return "done";
}

async function changeAddress(db: Database, { address, report }: DeliveryChange): Promise<void> {
  const email = report.recipient;
  if (address.kind === "reached") await unmarkBounced(db, [email]);
  if (address.kind === "undeliverable")
    await markUndeliverable(db, { email, cause: address.cause, reason: report.reason, at: Date.now() });
}

function log(level: "warn" | "error", event: string, details: object): void {
  console[level](JSON.stringify({ level, event, ...details }));
}
