import { createEventHook } from "@vueuse/core";
import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import { InboxSocket, type InboxStatus } from "../../shared/inbox-socket.ts";
import { SUBPROTOCOL } from "../../shared/protocol-constants.ts";
import { socketUrl } from "../api/socket-url.ts";
import { mergeKnown, withPresence, type Known } from "./list-window.ts";

/** A conversation that changed just now. */
export interface Touched {
  before: Conversation | null;
  now: Conversation;
}

const makeHooks = () => ({
  touched: createEventHook<Touched>(),
  ledger: createEventHook<void>(),
  notices: createEventHook<void>(),
  gap: createEventHook<void>(),
});

/** What a page can listen to. */
const listenersOf = ({ touched, ledger, notices, gap }: ReturnType<typeof makeHooks>) => ({
  onTouched: touched.on,
  /** Mails of the ledger that wait for a person have become more or fewer. */
  onLedger: ledger.on,
  /** What the owner is told of limits has changed. */
  onNotices: notices.on,
  onGap: gap.on,
});

/** The newest that this page knows of every conversation, kept so by the inbox socket. Lists and the menu read it. */
export const useLiveConversations = defineStore("live-conversations", () => {
  const known = shallowRef<Known>(new Map());
  const status = ref<InboxStatus>("connecting");
  /** When the screen last was current, epoch ms. */
  const currentAt = ref(Date.now());
  const hooks = makeHooks();
  let socket: InboxSocket | null = null;

  function learn(conversations: readonly Conversation[]): void {
    known.value = mergeKnown(known.value, conversations);
  }

  function touch(conversation: Conversation): void {
    const before = known.value.get(conversation.id) ?? null;
    learn([conversation]);
    if (known.value.get(conversation.id) === conversation) void hooks.touched.trigger({ before, now: conversation });
  }

  function start(): void {
    socket ??= new InboxSocket({
      url: socketUrl("/api/inbox/socket"),
      protocols: [SUBPROTOCOL],
      onChanged: touch,
      onPresence: ({ conversationId, isVisitorOnline }) => {
        if (conversationId === undefined || isVisitorOnline === undefined) return;
        known.value = withPresence(known.value, conversationId, isVisitorOnline);
      },
      onLedger: () => void hooks.ledger.trigger(),
      onNotices: () => void hooks.notices.trigger(),
      onGap: () => void hooks.gap.trigger(),
      onStatus: (next) => {
        if (status.value === "up-to-date") currentAt.value = Date.now();
        status.value = next;
      },
    });
    socket.start();
  }

  function stop(): void {
    socket?.stop();
    socket = null;
  }

  return {
    known: computed(() => known.value),
    status,
    currentAt,
    learn,
    touch,
    start,
    stop,
    ...listenersOf(hooks),
  };
});
