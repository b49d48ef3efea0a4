import { tryOnScopeDispose } from "@vueuse/core";
import { computed, ref, shallowRef, triggerRef } from "vue";
import type { Conversation, ConversationEvent, Draft, Message } from "../../../durable-objects/conversation/protocol.ts";
import type { ConversationPage } from "../../../worker/domain/api-shapes.ts";
import { ConversationSocket, type AnyConversation, type Notice, type Snapshot } from "../../shared/conversation-socket.ts";
import { SUBPROTOCOL } from "../../shared/protocol-constants.ts";
import { makeUnsentStore } from "../../shared/unsent-store.ts";
import { request } from "../api/http.ts";
import type { Page } from "../api/queries.ts";
import { socketUrl } from "../api/socket-url.ts";
import { useLiveConversations } from "../list/live-conversations.ts";
import { useSession } from "../session/session.ts";
import { recall, remember, type ConversationRecord } from "./conversation-cache.ts";
import { mergeEvents } from "./thread-entries.ts";
import { setUnsentCount } from "./unsent-count.ts";
import { useTyping } from "./use-typing.ts";

const PAGE_SIZE = 50;
/** After leaving a conversation its unsent messages are given so long to go out. */
const LINGER_MS = 60_000;

function isForAgents(conversation: AnyConversation | null): conversation is Conversation {
  return conversation !== null && "revision" in conversation;
}

const byIdPath = (id: string) => `/api/conversations/${encodeURIComponent(id)}`;

function readPage(id: string): Promise<ConversationPage> {
  return request<ConversationPage>(byIdPath(id));
}

/**
 * The live state of one conversation: the newest page by HTTP (or what is remembered), then the socket. Make one per
 * open conversation, in a component keyed by its id.
 */
export function useConversation(id: string) {
  const live = useLiveConversations();
  const session = useSession();
  const state = ref<"loading" | "ready" | "failed">("loading");
  const error = shallowRef<unknown>(null);
  const snapshot = shallowRef<Snapshot | null>(null);
  const events = shallowRef<readonly ConversationEvent[]>([]);
  const serverDrafts = shallowRef<readonly Draft[]>([]);
  const hasOlder = ref(false);
  const isLoadingOlder = ref(false);
  const typing = useTyping();
  const listeners = new Set<(notice: Notice) => void>();
  let socket: ConversationSocket | null = null;
  let isLeft = false;

  const conversation = computed(() => {
    const current = snapshot.value?.conversation ?? null;
    return isForAgents(current) ? current : null;
  });
  const messages = computed<readonly Message[]>(() => snapshot.value?.messages ?? []);

  function onChange(): void {
    if (!socket) return;
    const before = conversation.value;
    snapshot.value = socket.snapshot();
    setUnsentCount(id, snapshot.value.unsent.length);
    const current = conversation.value;
    if (current && current !== before) live.touch(current);
    if (current) remember({ conversation: current, messages: messages.value, events: events.value, hasOlder: hasOlder.value });
    if (isLeft && snapshot.value.unsent.every(({ failure }) => failure)) socket.stop();
  }

  function onNotice(notice: Notice): void {
    if (notice.kind === "resumed") void refresh();
    if (notice.kind === "frame") applyFrame(notice.frame);
    for (const listener of listeners) listener(notice);
  }

  function applyFrame(frame: Extract<Notice, { kind: "frame" }>["frame"]): void {
    if (frame.type === "event") events.value = mergeEvents(events.value, [frame.event]);
    else if (frame.type === "typing") typing.show(frame.author);
    else if (frame.type === "message") typing.hide(frame.message.author);
    else if (frame.type === "welcome") {
      events.value = mergeEvents(events.value, frame.events ?? []);
      if (frame.drafts) serverDrafts.value = frame.drafts;
    }
  }

  /** What changed in messages that are older than the newest: deliveries, events. */
  async function refresh(): Promise<void> {
    const page = await readPage(id).catch(() => null);
    if (!page) return;
    socket?.addMessages(page.messages);
    events.value = mergeEvents(events.value, page.events);
  }

  function connect(record: ConversationRecord): void {
    events.value = record.events;
    hasOlder.value = record.hasOlder;
    socket = new ConversationSocket({
      url: socketUrl(`${byIdPath(id)}/socket`),
      protocols: [SUBPROTOCOL],
      isOwn: ({ author }) => author.kind === "agent" && author.id === session.myId,
      store: makeUnsentStore(localStorage, `hilo.unsent.${id}`),
      initial: { messages: record.messages, conversation: record.conversation },
      onChange,
      onNotice,
    });
    snapshot.value = socket.snapshot();
    state.value = "ready";
    socket.start();
  }

  async function open(): Promise<void> {
    const known = recall(id);
    if (known) return connect(known);
    state.value = "loading";
    try {
      const page = await readPage(id);
      serverDrafts.value = page.drafts;
      if (!isLeft) connect(page);
    } catch (failure) {
      error.value = failure;
      state.value = "failed";
    }
  }

  async function loadOlder(): Promise<void> {
    const first = messages.value[0];
    if (!first || !hasOlder.value || isLoadingOlder.value) return;
    isLoadingOlder.value = true;
    try {
      const page = await request<Page<Message>>(`${byIdPath(id)}/messages`, { query: { before: first.seq, limit: PAGE_SIZE } });
      hasOlder.value = page.nextCursor !== null;
      socket?.addMessages(page.items);
      triggerRef(snapshot);
    } finally {
      isLoadingOlder.value = false;
    }
  }

  tryOnScopeDispose(() => {
    isLeft = true;
    if (socket?.snapshot().unsent.every(({ failure }) => failure)) socket.stop();
    else setTimeout(() => socket?.stop(), LINGER_MS);
  });
  void open();

  return {
    id,
    state,
    error,
    conversation,
    messages,
    events,
    serverDrafts,
    hasOlder,
    isLoadingOlder,
    typing: typing.authors,
    status: computed(() => snapshot.value?.status ?? null),
    unsent: computed(() => snapshot.value?.unsent ?? []),
    presence: computed(() => snapshot.value?.presence ?? null),
    isVisitorOnline: computed(() => snapshot.value?.presence?.isVisitorOnline ?? conversation.value?.isVisitorOnline ?? false),
    /** Calls back for every notice of the socket until the component is gone. */
    onNotice: (listener: (notice: Notice) => void) => void listeners.add(listener),
    open,
    loadOlder,
    send: (...args: Parameters<ConversationSocket["send"]>) => socket?.send(...args),
    retry: (...args: Parameters<ConversationSocket["retry"]>) => socket?.retry(...args),
    discard: (clientId: string) => socket?.discard(clientId),
    undo: (seq: number) => socket?.undo(seq),
    seen: (seq: number) => socket?.seen(seq),
    sendTyping: () => socket?.typing(),
    sendDraft: (kind: "reply" | "note", text: string) => socket?.draft(kind, text),
    act: (action: "complete" | "reopen") => request(`${byIdPath(id)}/${action}`, { method: "POST" }),
    assign: (agentId: string | null) => request(`${byIdPath(id)}/assign`, { method: "POST", body: { agentId } }),
  };
}

export type LiveConversation = ReturnType<typeof useConversation>;
