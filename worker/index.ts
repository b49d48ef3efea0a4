/** The one Worker: HTTP, mail, cron, the queue of delivery events and the object classes. All else is behind these doors. */
import { ConversationObject } from "../durable-objects/conversation/conversation-object.ts";
import { InboxObject } from "../durable-objects/inbox/inbox-object.ts";
import { secureResponse } from "./api/secure-response.ts";
import { app } from "./app.ts";
import { handleEmail } from "./email/inbound.ts";
import { handleCron } from "./cron.ts";
import { cleanError } from "./domain/error-text.ts";
import type { Env } from "./env.ts";
import { conversationPorts, inboxPorts } from "./ports.ts";

export class Conversation extends ConversationObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, conversationPorts(env));
  }
}

export class Inbox extends InboxObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, inboxPorts(env));
  }
}

export { TotalsObject as Totals } from "../durable-objects/totals/totals-object.ts";

/** What is thrown here is tried again, and its message is in the runtime's log (T18). */
async function orCleanError(work: Promise<void>): Promise<void> {
  return work.catch((error: unknown) => {
    throw cleanError(error);
  });
}

export default {
  fetch: async (request, env, ctx) => secureResponse(request, await app.fetch(request, env, ctx)),
  email: (message, env) => orCleanError(handleEmail(message, env)),
  scheduled: (_event, env) => orCleanError(handleCron(env)),
  queue: async (batch, env) => (await import("./email/handle-delivery-events.ts")).handleDeliveryEvents(batch, env),
} satisfies ExportedHandler<Env>;
