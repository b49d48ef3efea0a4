import { createEventHook } from "@vueuse/core";
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import { ApiError, request } from "../api/http.ts";
import { useFailure } from "../api/use-failure.ts";
import { useText } from "../i18n/use-text.ts";
import { showFailure } from "../ui/toasts.ts";
import { conversationPath } from "./conversation-paths.ts";

/** What an agent can do about the mail of a message: take it back while it waits, or send it again after it failed. */
export function useMailActions(id: string) {
  const { t } = useText();
  const { tryOrReport, reportFailure } = useFailure();
  const takenBack = createEventHook<Message>();

  /** By HTTP, because its answer is certain: either it will never leave, or it has. */
  async function takeBack(message: Message): Promise<void> {
    try {
      await request(conversationPath(id, `/messages/${message.seq}/undo`), { method: "POST" });
      void takenBack.trigger(message);
    } catch (error) {
      if (error instanceof ApiError && error.code === "too_late") showFailure(t("delivery.tooLate"));
      else reportFailure(error);
    }
  }

  /** @param to the address that the agent sees */
  async function mailAgain(message: Message, to: string | null): Promise<void> {
    const body = to === null || message.channel !== "email" ? {} : { to: [to] };
    await tryOrReport(() => request(conversationPath(id, `/messages/${message.seq}/email`), { method: "POST", body }));
  }

  return {
    takeBack,
    mailAgain,
    /** Calls back with every message that this agent has taken back here: its text is theirs again. */
    onTakenBack: (listener: (message: Message) => void) => void takenBack.on(listener),
  };
}
