/** The Worker as it is deployed, but for the ports of its objects, which a test can watch and make fail. */
import { ConversationObject } from "../../../durable-objects/conversation/conversation-object.ts";
import { InboxObject } from "../../../durable-objects/inbox/inbox-object.ts";
import type { Env } from "../../../worker/env.ts";
import { conversationPorts, inboxPorts } from "../../../worker/ports.ts";
import { ports, watchConversation, watchInbox } from "./ports.ts";

export { default, Totals } from "../../../worker/index.ts";

export class Conversation extends ConversationObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, watchConversation(conversationPorts(env)));
    ports.seen.wakes += 1;
  }
}

export class Inbox extends InboxObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, watchInbox(inboxPorts(env)));
  }
}
