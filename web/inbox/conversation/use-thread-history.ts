import { ref, shallowRef } from "vue";
import type { ConversationEvent, Draft, Message } from "../../../durable-objects/conversation/protocol.ts";
import type { ConversationPage } from "../../../worker/domain/api-shapes.ts";
import { request } from "../api/http.ts";
import type { Page } from "../api/queries.ts";
import { conversationPath } from "./conversation-paths.ts";
import { mergeEvents } from "./thread-entries.ts";
import type { ConversationLink } from "./use-conversation-link.ts";

const PAGE_SIZE = 50;

interface StartRecord {
  messages: readonly Message[];
  events: readonly ConversationEvent[];
  hasOlder: boolean;
  drafts?: readonly Draft[];
}

export function readConversation(id: string): Promise<ConversationPage> {
  return request<ConversationPage>(conversationPath(id));
}

/** What a thread has beside its live messages: events, this agent's drafts on the server, and older pages. */
export function useThreadHistory(id: string, link: ConversationLink) {
  const events = shallowRef<readonly ConversationEvent[]>([]);
  /** Null until the server has said which there are. */
  const serverDrafts = shallowRef<readonly Draft[] | null>(null);
  const hasOlder = ref(false);
  const isLoadingOlder = ref(false);

  async function loadOlder(): Promise<void> {
    const first = link.messages.value[0];
    if (!first || !hasOlder.value || isLoadingOlder.value) return;
    isLoadingOlder.value = true;
    try {
      const query = { before: first.seq, limit: PAGE_SIZE };
      const page = await request<Page<Message>>(conversationPath(id, "/messages"), { query });
      hasOlder.value = page.nextCursor !== null;
      link.socket.value?.addMessages(page.items);
    } catch {
      // Scrolling on asks again.
    } finally {
      isLoadingOlder.value = false;
    }
  }

  link.onNotice((notice) => {
    if (notice.kind !== "frame") return;
    if (notice.frame.type === "event") events.value = mergeEvents(events.value, [notice.frame.event]);
    if (notice.frame.type !== "welcome") return;
    events.value = mergeEvents(events.value, notice.frame.events ?? []);
    if (notice.frame.drafts) serverDrafts.value = notice.frame.drafts;
  });

  function start(record: StartRecord): void {
    events.value = record.events;
    hasOlder.value = record.hasOlder;
    if (record.drafts) serverDrafts.value = record.drafts;
  }

  return { events, serverDrafts, hasOlder, isLoadingOlder, loadOlder, start };
}
