import { useText } from "../i18n/use-text.ts";
import { personName } from "./people.ts";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";

/** Names a conversation's person in the agent's language. */
export function usePersonName() {
  const { t } = useText();
  return (conversation: Pick<Conversation, "id" | "contact" | "address">) =>
    personName(conversation, (code) => t("list.visitor", { code }));
}
