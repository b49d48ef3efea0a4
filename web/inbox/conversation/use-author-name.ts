import type { Author } from "../../../durable-objects/conversation/protocol.ts";
import { useText } from "../i18n/use-text.ts";
import { mailAuthor, type Named } from "../list/people.ts";
import { usePersonName } from "../list/use-person-name.ts";
import { useSession } from "../session/session.ts";

/** Names the author of a message: you, a colleague, the person of the conversation, or Hilo itself. */
export function useAuthorName() {
  const { t } = useText();
  const session = useSession();
  const personName = usePersonName();
  return (author: Author, conversation: Named): string => {
    switch (author.kind) {
      case "agent":
        return author.id === session.myId ? t("thread.you") : (author.name ?? t("thread.team"));
      case "system":
        return author.name ?? t("thread.system");
      case "contact":
        return author.name || mailAuthor(conversation) || personName(conversation);
      case "visitor":
        return author.name || personName(conversation);
    }
    return author.kind satisfies never;
  };
}
