import { computed, ref, shallowRef } from "vue";
import type { Conversation, ConversationEvent, Draft, Message } from "../../../durable-objects/conversation/protocol.ts";
import type { Notice, UnsentMessage } from "../../../web/shared/conversation-socket.ts";
import type { LiveConversation } from "../../../web/inbox/conversation/use-conversation.ts";
import { aConversation } from "./builders.ts";

/** A live conversation without a socket: the test plays the server. */
export function aLiveConversation(conversation: Conversation = aConversation(1)) {
  const messages = shallowRef<readonly Message[]>([]);
  const unsent = shallowRef<readonly UnsentMessage[]>([]);
  const isVisitorOnline = ref(conversation.isVisitorOnline);
  const sent: { text: string; channel?: string; ifLastSeq?: number }[] = [];
  const seen: number[] = [];
  const listeners: ((notice: Notice) => void)[] = [];
  const serverDrafts = shallowRef<readonly Draft[] | null>(null);
  const drafts: { kind: string; text: string }[] = [];
  const takenBack: ((message: Message) => void)[] = [];
  const leaving: (() => void)[] = [];
  const live: LiveConversation = {
    id: conversation.id,
    state: ref<"loading" | "ready" | "failed">("ready"),
    error: shallowRef(null),
    conversation: computed(() => conversation),
    messages: computed(() => messages.value),
    events: shallowRef<readonly ConversationEvent[]>([]),
    serverDrafts,
    hasOlder: ref(false),
    isLoadingOlder: ref(false),
    typing: computed(() => []),
    status: computed(() => ({ kind: "up-to-date" as const, unsent: 0 })),
    unsent: computed(() => unsent.value),
    presence: computed(() => null),
    isVisitorOnline: computed(() => isVisitorOnline.value),
    onNotice: (listener) => void listeners.push(listener),
    open: async () => undefined,
    start: () => undefined,
    loadOlder: async () => undefined,
    send: (message) => {
      sent.push(message);
      return `client-${sent.length}`;
    },
    retry: () => undefined,
    discard: (clientId) => (unsent.value = unsent.value.filter((message) => message.clientId !== clientId)) && undefined,
    takeBack: async (message) => takenBack.forEach((listener) => listener(message)),
    mailAgain: async () => undefined,
    onTakenBack: (listener) => void takenBack.push(listener),
    onLeave: (listener) => void leaving.push(listener),
    seen: (seq) => void seen.push(seq),
    sendTyping: () => undefined,
    sendDraft: (kind, text) => void drafts.push({ kind, text }),
    setStatus: async () => undefined,
    assign: async () => undefined,
  };
  return {
    live,
    messages,
    unsent,
    isVisitorOnline,
    sent,
    seen,
    serverDrafts,
    drafts,
    leave: () => leaving.forEach((listener) => listener()),
    tell: (notice: Notice) => listeners.forEach((listener) => listener(notice)),
  };
}
