import { useSessionStorage } from "@vueuse/core";
import { computed, toValue, type MaybeRefOrGetter } from "vue";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import { useClock } from "../ui/use-clock.ts";

/** Ms for which one click lets its agent write in the chat. */
const ACCEPTED_MS = 30 * 60_000;

/**
 * Where mails came in from an address that the visitor in the chat has not shown to be theirs, whoever chats may be a
 * stranger: the agent says once that they know. It holds until another such mail comes in, the address or its level changes, or a while.
 */
export function useChatWarning(
  { agentId, conversationId }: { agentId: string; conversationId: string },
  conversation: MaybeRefOrGetter<Conversation>,
) {
  const accepted = useSessionStorage(`hilo.chat-warning.${agentId}.${conversationId}`, "");
  const now = useClock(30_000);
  const mail = computed(() => toValue(conversation).unconfirmedMail);
  const about = computed(() => {
    const { email = "", level = "" } = toValue(conversation).address ?? {};
    return `${mail.value?.seq} ${level} ${email}`;
  });
  const acceptedAt = computed(() => {
    const [at, ...rest] = accepted.value.split(" ");
    return rest.join(" ") === about.value ? Number(at) : 0;
  });
  return {
    isNeeded: computed(() => mail.value !== null),
    email: computed(() => mail.value?.email ?? ""),
    isAccepted: computed(() => now.value - acceptedAt.value < ACCEPTED_MS),
    accept: () => {
      accepted.value = `${Date.now()} ${about.value}`;
    },
  };
}
