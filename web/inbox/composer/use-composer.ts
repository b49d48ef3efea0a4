import { computed, ref, toValue, watch, type MaybeRefOrGetter, type Ref } from "vue";
import type { Channel, Conversation } from "../../../durable-objects/conversation/protocol.ts";
import { TEXT_LENGTH_MAX } from "../../shared/protocol-constants.ts";
import type { LiveConversation } from "../conversation/use-conversation.ts";
import { useSession } from "../session/session.ts";
import { BY_PRESENCE, choiceAfterSending, computeChannel, type ChannelChoice } from "./channel-choice.ts";
import { findNewerReply } from "./send-guard.ts";
import { useDraft } from "./use-draft.ts";
import { useTranscript } from "./use-transcript.ts";
import { useUploads } from "./use-uploads.ts";

interface ComposerOptions {
  live: LiveConversation;
  conversation: MaybeRefOrGetter<Conversation>;
}

interface TakenBackParts {
  text: Ref<string>;
  choice: Ref<ChannelChoice>;
  files: ReturnType<typeof useUploads>;
}

/** Where the server knew of a reply that had not come here yet, the text goes back to its author. */
function useGivenBack(live: LiveConversation, text: Ref<string>, giveBack: (text: string, guardSeq: number) => void): void {
  live.onNotice((notice) => {
    if (notice.kind !== "refused" || notice.reason !== "newer_reply" || notice.clientId === null) return;
    const refused = live.unsent.value.find(({ clientId }) => clientId === notice.clientId);
    if (!refused || text.value !== "") return;
    live.discard(refused.clientId);
    giveBack(refused.text, refused.ifLastSeq ?? 0);
  });
}

/** A mail that was taken back is a draft again, before what was written since. */
function useTakenBack(live: LiveConversation, { text, choice, files }: TakenBackParts): void {
  live.onTakenBack((message) => {
    choice.value = { kind: "chosen", channel: "email" };
    text.value = [message.text, text.value].filter((part) => part !== "").join("\n\n");
    files.restore(message.attachments);
  });
}

/** What the composer of one conversation knows: the text, the channel, the files, and whether it may be sent. */
export function useComposer({ live, conversation }: ComposerOptions) {
  const session = useSession();
  const choice = ref<ChannelChoice>(BY_PRESENCE);
  const channel = computed<Channel>(() =>
    computeChannel(choice.value, {
      isVisitorOnline: live.isVisitorOnline.value,
      hasVisitor: toValue(conversation).hasVisitor,
    }),
  );
  const { text, guardSeq, moveGuard, giveBack } = useDraft(live, () => (channel.value === "note" ? "note" : "reply"));
  const files = useUploads();
  const transcript = useTranscript(live, () => toValue(conversation).contact?.email ?? "");

  const isWithoutAddress = computed(() => channel.value === "email" && !toValue(conversation).contact?.email);
  const newerReply = computed(() =>
    channel.value === "note" || text.value === "" ? null : findNewerReply(live.messages.value, guardSeq.value, session.myId),
  );
  const excess = computed(() => Math.max(0, text.value.length - TEXT_LENGTH_MAX));
  const hasContent = computed(() => text.value.trim() !== "" || files.attachments.value.length > 0);
  const canSend = computed(() => hasContent.value && excess.value === 0 && !files.isUploading.value && !isWithoutAddress.value);

  function send(): void {
    if (!canSend.value || newerReply.value) return;
    const clientId = live.send({
      text: text.value.trim(),
      channel: channel.value,
      attachments: files.attachments.value,
      ...(channel.value !== "note" && { ifLastSeq: Math.max(guardSeq.value, lastOwnSeq()) }),
    });
    if (clientId === undefined) return;
    if (channel.value === "chat") transcript.follow(clientId);
    text.value = "";
    files.clear();
    choice.value = choiceAfterSending(choice.value);
  }

  /** A text begun before one's own last message is no answer over anybody. */
  function lastOwnSeq(): number {
    return live.messages.value.findLast(({ author }) => author.id === session.myId)?.seq ?? 0;
  }

  useGivenBack(live, text, giveBack);
  useTakenBack(live, { text, choice, files });
  watch(text, (now, before) => {
    if (now.length > before.length) live.sendTyping();
  });

  function sendAnyway(): void {
    moveGuard();
    send();
  }

  return { text, choice, channel, files, transcript, isWithoutAddress, newerReply, excess, canSend, send, sendAnyway, moveGuard };
}
