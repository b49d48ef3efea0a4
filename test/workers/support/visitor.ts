/** A visitor's browser: begins a conversation as the widget does. */
import { widgetConversationCreatedSchema } from "../../../worker/domain/api-shapes.ts";
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
