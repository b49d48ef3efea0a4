/** How texts come back into the composer, and what the fate of earlier mails says to the next one. */
import type { Ref } from "vue";
import { QUERY_KEYS, useInvalidate } from "../api/queries.ts";
import type { LiveConversation } from "../conversation/use-conversation.ts";
import type { ChannelChoice } from "./channel-choice.ts";
import type { CopiesForm } from "./use-copies.ts";
import type { useUploads } from "./use-uploads.ts";

interface TakenBackParts {
  text: Ref<string>;
  choice: Ref<ChannelChoice>;
  copies: CopiesForm;
  files: ReturnType<typeof useUploads>;
}

interface GivenBackParts {
  text: Ref<string>;
  copies: CopiesForm;
  giveBack: (text: string, guardSeq: number) => void;
}

/** Where the server knew of a reply that had not come here yet, the text goes back to its author. */
export function useGivenBack(live: LiveConversation, { text, copies, giveBack }: GivenBackParts): void {
  live.onNotice((notice) => {
    if (notice.kind !== "refused" || notice.reason !== "newer_reply" || notice.clientId === null) return;
    const refused = live.unsent.value.find(({ clientId }) => clientId === notice.clientId);
    if (!refused || text.value !== "") return;
    live.discard(refused.clientId);
    copies.replace({ cc: [...(refused.cc ?? [])], bcc: [...(refused.bcc ?? [])] });
    giveBack(refused.text, refused.ifLastSeq ?? 0);
  });
}

/** A mail that was taken back is a draft again, before what was written since. */
export function useTakenBack(live: LiveConversation, { text, choice, copies, files }: TakenBackParts): void {
  live.onTakenBack((message) => {
    choice.value = { kind: "chosen", channel: "email" };
    text.value = [message.text, text.value].filter((part) => part !== "").join("\n\n");
    copies.replace({ cc: message.cc ?? [], bcc: message.bcc ?? [] });
    files.restore(message.attachments);
  });
}

/** A mail that did not arrive says something about its addresses, for the next one. */
export function useAddressNews(live: LiveConversation): void {
  const invalidate = useInvalidate();
  live.onNotice((notice) => {
    if (notice.kind !== "frame" || notice.frame.type !== "delivery") return;
    const { state } = notice.frame.delivery;
    if (state === "failed" || state === "sent") void invalidate(QUERY_KEYS.undeliverable);
  });
}
