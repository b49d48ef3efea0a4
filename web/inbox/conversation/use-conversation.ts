import { computed, ref, shallowRef } from "vue";
import type { Channel } from "../../../durable-objects/conversation/protocol.ts";
import type { ConversationSocket } from "../../shared/conversation-socket.ts";
import { request } from "../api/http.ts";
import { useLiveConversations } from "../list/live-conversations.ts";
import { useSession } from "../session/session.ts";
import { recall, remember, type ConversationRecord } from "./conversation-cache.ts";
import { conversationPath } from "./conversation-paths.ts";
import { useConversationLink, type ConversationLink } from "./use-conversation-link.ts";
import { useMailActions } from "./use-mail-actions.ts";
import { readConversation, useThreadHistory } from "./use-thread-history.ts";
import { useTyping } from "./use-typing.ts";

type Send = ConversationSocket["send"];
type Retry = ConversationSocket["retry"];

/** What an agent can do in a conversation. Before the socket is there nothing happens; the composer is not shown then. */
function actionsOf(id: string, { socket }: ConversationLink) {
  return {
    send: (...args: Parameters<Send>) => socket.value?.send(...args),
    retry: (...args: Parameters<Retry>) => socket.value?.retry(...args),
    discard: (clientId: string) => socket.value?.discard(clientId),
    seen: (seq: number) => socket.value?.seen(seq),
    sendTyping: (channel: Channel) => socket.value?.typing(channel),
    sendDraft: (kind: "reply" | "note", text: string) => socket.value?.draft(kind, text),
    setStatus: (action: "complete" | "reopen") => request(conversationPath(id, `/${action}`), { method: "POST" }),
    assign: (agentId: string | null) => request(conversationPath(id, "/assign"), { method: "POST", body: { agentId } }),
  };
}

/** Who is typing, from the frames of the socket. */
function useTypingOf(link: ConversationLink) {
  const typing = useTyping();
  link.onNotice((notice) => {
    if (notice.kind !== "frame") return;
    if (notice.frame.type === "typing") typing.show(notice.frame.author);
    else if (notice.frame.type === "message") typing.hide(notice.frame.message.author);
  });
  return typing.authors;
}

interface OpeningParts {
  history: ReturnType<typeof useThreadHistory>;
  link: ConversationLink;
}

/** The first look: the newest page by HTTP, or what is remembered; then the socket. */
function useOpening(id: string, { history, link }: OpeningParts) {
  const state = ref<"loading" | "ready" | "failed">("loading");
  const error = shallowRef<unknown>(null);

  function start(record: ConversationRecord, isRemembered: boolean): void {
    history.start(record);
    // Until the socket is there, what changes in known messages is told to nobody.
    const isUnderWay = record.messages.some(({ delivery }) => delivery?.state === "queued" || delivery?.state === "sending");
    link.connect({ ...record, mayBeStale: isRemembered || isUnderWay });
    state.value = "ready";
  }

  async function open(): Promise<void> {
    const known = recall(id);
    if (known) return start(known, true);
    state.value = "loading";
    try {
      start(await readConversation(id), false);
    } catch (failure) {
      error.value = failure;
      state.value = "failed";
    }
  }

  void open();
  return { state, error, open };
}

/**
 * The live state of one conversation: the newest page by HTTP (or what is remembered), then the socket. Make one per
 * open conversation, in a component keyed by its id.
 */
export function useConversation(id: string) {
  const live = useLiveConversations();
  const link = useConversationLink({
    id,
    myId: useSession().myId,
    onConversation: (conversation) => {
      live.touch(conversation);
      const { events, hasOlder } = history;
      remember({ conversation, messages: link.messages.value, events: events.value, hasOlder: hasOlder.value });
    },
  });
  const history = useThreadHistory(id, link);

  const opening = useOpening(id, { history, link });
  const { snapshot, conversation, messages, onNotice, onLeave } = link;
  return {
    id,
    ...opening,
    conversation,
    messages,
    onNotice,
    onLeave,
    ...history,
    ...useMailActions(id),
    ...actionsOf(id, link),
    typing: useTypingOf(link),
    status: computed(() => snapshot.value?.status ?? null),
    unsent: computed(() => snapshot.value?.unsent ?? []),
    presence: computed(() => snapshot.value?.presence ?? null),
    isVisitorOnline: computed(() => snapshot.value?.presence?.isVisitorOnline ?? conversation.value?.isVisitorOnline ?? false),
  };
}

export type LiveConversation = ReturnType<typeof useConversation>;
