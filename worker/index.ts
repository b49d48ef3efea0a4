/** The one Worker: HTTP, mail, cron, the queue of delivery events and the object classes. All else is behind these doors. */
import { ConversationObject } from "../durable-objects/conversation/conversation-object.ts";
import { InboxObject } from "../durable-objects/inbox/inbox-object.ts";
import { secureResponse } from "./api/secure-response.ts";
import { app } from "./app.ts";
import { handleEmail } from "./email/inbound.ts";
import { handleCron } from "./cron.ts";
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

export default {
  fetch: async (request, env, ctx) => secureResponse(request, await app.fetch(request, env, ctx)),
  email: (message, env) => handleEmail(message, env),
  scheduled: (_event, env) => handleCron(env),
  queue: async (batch, env) => (await import("./email/handle-delivery-events.ts")).handleDeliveryEvents(batch, env),
} satisfies ExportedHandler<Env>;
