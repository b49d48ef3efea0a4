/** A visitor's browser: begins a conversation as the widget does, and shows that an address is its owner's. */
import "./bindings.ts";
import { env } from "cloudflare:workers";
import { createVisitorToken, readVisitorToken } from "../../../worker/auth/visitor-token.ts";
import { widgetConversationCreatedSchema } from "../../../worker/domain/widget-shapes.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { newId } from "./deployment.ts";
import { SITE, read } from "./http.ts";

export interface Visit {
  text?: string;
  clientId?: string;
  page?: string;
  locale?: string;
  contact?: { email: string; name?: string };
  origin?: string;
}

export async function beginChat(visit: Visit = {}) {
  const { origin = SITE, clientId = newId(), text = "Hello, is anyone there?", ...rest } = visit;
  const created = await read(widgetConversationCreatedSchema, null, "POST /widget/conversations", {
    body: { clientId, text, ...rest },
    headers: { origin },
    status: 201,
  });
  return { ...created, clientId };
}

/**
 * The session confirms an address, as with the code that was mailed to it.
 *
 * @returns its new token; it counts from its first use, which this is
 */
export async function confirmedFor(token: string, email: string): Promise<string> {
  const secret = env.APP_SECRET ?? "";
  const read = await readVisitorToken(secret, token);
  if (read === null) throw new Error("the token is none");
  const { conversationId, sessionId, generation } = read;
  const stub = conversationStub(env, conversationId);
  await stub.session({ sessionId, generation }, { kind: "new-code", email, hash: "hash" });
  const answer = await stub.session({ sessionId, generation }, { kind: "try-code", hash: "hash" });
  if (answer.kind !== "confirmed") throw new Error(answer.kind);
  const next = { sessionId: answer.sessionId, generation: answer.generation };
  await stub.session(next, { kind: "use" });
  return createVisitorToken(secret, { conversationId, ...next, origin: SITE });
}
