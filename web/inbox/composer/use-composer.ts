import { computed, ref, toValue, watch, type MaybeRefOrGetter } from "vue";
import type { Channel, Conversation } from "../../../durable-objects/conversation/protocol.ts";
import { TEXT_LENGTH_MAX } from "../../shared/protocol-constants.ts";
import type { LiveConversation } from "../conversation/use-conversation.ts";
import { addressOf } from "../list/people.ts";
import { useSession } from "../session/session.ts";
import { BY_PRESENCE, choiceAfterSending, computeChannel, newestOfTheirs, type ChannelChoice } from "./channel-choice.ts";
import { useChatWarning } from "./use-chat-warning.ts";
import { nonEmpty } from "./copies.ts";
import { findNewerReply } from "./send-guard.ts";
import { useCopies } from "./use-copies.ts";
import { useDraft } from "./use-draft.ts";
import { useAddressNews, useGivenBack, useTakenBack } from "./use-returned-texts.ts";
import { useTranscript } from "./use-transcript.ts";
import { useUploads } from "./use-uploads.ts";

interface ComposerOptions {
  live: LiveConversation;
  conversation: MaybeRefOrGetter<Conversation>;
}

/** A text begun before one's own last message is no answer over anybody. */
function lastSeqOf(live: LiveConversation, agentId: string): number {
  return live.messages.value.findLast(({ author }) => author.id === agentId)?.seq ?? 0;
}

/** It goes to whom the agent sees, or not at all. */
function addressSeen({ address }: Conversation): string[] {
  return address ? [address.email] : [];
}

/** What is being written, by which channel and to whom else. */
function useWriting({ live, conversation }: ComposerOptions) {
  const choice = ref<ChannelChoice>(BY_PRESENCE);
  const channel = computed<Channel>(() =>
    computeChannel(choice.value, {
      isVisitorOnline: live.isVisitorOnline.value,
      hasVisitor: toValue(conversation).hasVisitor,
      hasAddress: toValue(conversation).address !== null,
      // Whoever chats may not be who mails: the reply goes where their newest word came from.
      follows: toValue(conversation).unconfirmedMail === null ? null : newestOfTheirs(live.messages.value),
    }),
  );
  const isEmail = computed(() => channel.value === "email");
  const draft = useDraft(live, () => (channel.value === "note" ? "note" : "reply"));
  const copies = useCopies({ place: { agentId: useSession().myId, conversationId: live.id }, isEmail });
  return { choice, channel, isEmail, draft, copies, files: useUploads() };
}

/** Whether it may be sent, and what is in the way. */
function useReadiness({ live, conversation }: ComposerOptions, writing: ReturnType<typeof useWriting>) {
  const session = useSession();
  const { channel, isEmail, copies, files } = writing;
  const { text, guardSeq } = writing.draft;
  const isWithoutAddress = computed(() => isEmail.value && addressOf(toValue(conversation)) === "");
  const newerReply = computed(() =>
    channel.value === "note" || text.value === "" ? null : findNewerReply(live.messages.value, guardSeq.value, session.myId),
  );
  const excess = computed(() => Math.max(0, text.value.length - TEXT_LENGTH_MAX));
  const hasContent = computed(() => text.value.trim() !== "" || files.attachments.value.length > 0);
  const chatWarning = useChatWarning({ agentId: session.myId, conversationId: live.id }, conversation);
  const isWarned = computed(() => channel.value !== "chat" || chatWarning.isAccepted.value || !chatWarning.isNeeded.value);
  const isComplete = computed(() => hasContent.value && !files.isUploading.value && !isWithoutAddress.value && isWarned.value);
  const canSend = computed(() => isComplete.value && excess.value === 0 && !copies.hasProblem.value && !session.isEnded);
  return { isWithoutAddress, newerReply, excess, canSend, chatWarning };
}

/** What the composer of one conversation knows: the text, the channel, the files, and whether it may be sent. */
export function useComposer(options: ComposerOptions) {
  const { live, conversation } = options;
  const session = useSession();
  const writing = useWriting(options);
  const readiness = useReadiness(options, writing);
  const { choice, channel, isEmail, copies, files } = writing;
  const { text, guardSeq, moveGuard, giveBack } = writing.draft;
  const transcript = useTranscript(live, () => addressOf(toValue(conversation)));

  function send(): void {
    if (!readiness.canSend.value || readiness.newerReply.value) return;
    const clientId = live.send({
      text: text.value.trim(),
      channel: channel.value,
      attachments: files.attachments.value,
      ...(isEmail.value && { ...nonEmpty(copies.copies.value), to: addressSeen(toValue(conversation)) }),
      ...(channel.value !== "note" && { ifLastSeq: Math.max(guardSeq.value, lastSeqOf(live, session.myId)) }),
    });
    if (clientId === undefined) return;
    if (channel.value === "chat") transcript.follow(clientId);
    text.value = "";
    files.clear();
    if (isEmail.value) copies.clear();
    choice.value = choiceAfterSending(choice.value);
  }

  function sendAnyway(): void {
    moveGuard();
    send();
  }

  useAddressNews(live);
  useGivenBack(live, { text, copies, giveBack });
  useTakenBack(live, { text, choice, copies, files });
  watch(text, (now, before) => {
    if (now.length > before.length) live.sendTyping(channel.value);
  });

  return { ...readiness, text, choice, channel, copies, files, transcript, send, sendAnyway, moveGuard };
}
