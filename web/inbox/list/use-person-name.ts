import { useText } from "../i18n/use-text.ts";
import { personName, type Named } from "./people.ts";

/** Names a conversation's person in the agent's language. */
export function usePersonName() {
  const { t } = useText();
  return (conversation: Named) => personName(conversation, (code) => t("list.visitor", { code }));
}
