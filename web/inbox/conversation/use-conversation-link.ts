import { tryOnScopeDispose } from "@vueuse/core";
import { computed, shallowRef } from "vue";
import type { Conversation, Message, Presence } from "../../../durable-objects/conversation/protocol.ts";
import { ConversationSocket, type AnyConversation, type Notice, type Snapshot } from "../../shared/conversation-socket.ts";
import { MESSAGES_PER_FRAME, SUBPROTOCOL } from "../../shared/protocol-constants.ts";
import { browserStorage, makeUnsentStore } from "../../shared/unsent-store.ts";
import { socketUrl } from "../api/socket-url.ts";
import { conversationPath } from "./conversation-paths.ts";
import { setUnsentCount } from "./unsent-count.ts";
import { unsentPrefix } from "./unsent-keys.ts";

/** After leaving a conversation its unsent messages are given so long to go out. */
const LINGER_MS = 60_000;

interface LinkOptions {
  id: string;
  myId: string;
  /** After every change of what is known, with the conversation as it now is. */
  onConversation: (conversation: Conversation) => void;
}

function isForAgents(conversation: AnyConversation | null): conversation is Conversation {
  return conversation !== null && "revision" in conversation;
}

/** Presence comes in frames of its own: without it a visitor who left would turn green again in the list. */
function withPresence(conversation: Conversation, presence: Presence | null): Conversation {
  const isVisitorOnline = presence?.isVisitorOnline ?? conversation.isVisitorOnline;
  return isVisitorOnline === conversation.isVisitorOnline ? conversation : { ...conversation, isVisitorOnline };
}

const isDone = ({ unsent }: Snapshot) => unsent.every(({ failure }) => failure);

/** The socket of one conversation as refs. It is opened by `connect`, and closed when the component is gone and nothing waits. */
export function useConversationLink({ id, myId, onConversation }: LinkOptions) {
  const snapshot = shallowRef<Snapshot | null>(null);
  const socket = shallowRef<ConversationSocket | null>(null);
  const listeners = new Set<(notice: Notice) => void>();
  const leaveListeners = new Set<() => void>();
  let isLeft = false;

  const conversation = computed(() => {
    const { conversation: current = null, presence = null } = snapshot.value ?? {};
    return isForAgents(current) ? withPresence(current, presence) : null;
  });
  const messages = computed<readonly Message[]>(() => snapshot.value?.messages ?? []);

  function onChange(): void {
    if (!socket.value) return;
    const now = socket.value.snapshot();
    snapshot.value = now;
    setUnsentCount(id, now.unsent.length);
    if (conversation.value) onConversation(conversation.value);
    if (isLeft && isDone(now)) socket.value.stop();
  }

  function connect(known: { messages: readonly Message[]; conversation: Conversation; mayBeStale: boolean }): void {
    if (isLeft || socket.value) return;
    socket.value = new ConversationSocket({
      url: socketUrl(conversationPath(id, "/socket")),
      protocols: [SUBPROTOCOL],
      isOwn: ({ author }) => author.kind === "agent" && author.id === myId,
      store: makeUnsentStore(browserStorage(), unsentPrefix(myId, id)),
      initial: { ...known, overlap: MESSAGES_PER_FRAME },
      onChange,
      onNotice: (notice) => listeners.forEach((listener) => listener(notice)),
    });
    onChange();
    socket.value.start();
  }

  tryOnScopeDispose(() => {
    leaveListeners.forEach((listener) => listener());
    isLeft = true;
    const left = socket.value;
    if (left && isDone(left.snapshot())) left.stop();
    else if (left) setTimeout(() => left.stop(), LINGER_MS);
  });

  return {
    snapshot,
    socket,
    conversation,
    messages,
    connect,
    /** Calls back for every notice of the socket. */
    onNotice: (listener: (notice: Notice) => void) => void listeners.add(listener),
    /** Calls back when the conversation is left, while its socket still takes frames. */
    onLeave: (listener: () => void) => void leaveListeners.add(listener),
  };
}

export type ConversationLink = ReturnType<typeof useConversationLink>;
