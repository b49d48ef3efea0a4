/** A thread as the list of things to show: days, messages, events in their place, and unsent messages last. */
import type { ConversationEvent, Message } from "../../../durable-objects/conversation/protocol.ts";
import type { UnsentMessage } from "../../shared/conversation-socket.ts";
import { dayKey } from "../i18n/format-time.ts";

/** Messages of one author closer than this are set as one group, with the name said once. */
const GROUP_GAP_MS = 5 * 60_000;

export type ThreadEntry =
  | { kind: "day"; key: string; at: number }
  | { kind: "message"; key: string; message: Message; isFirstOfGroup: boolean; isSubjectShown: boolean }
  | { kind: "event"; key: string; event: ConversationEvent }
  | { kind: "unsent"; key: string; unsent: UnsentMessage };

interface ThreadParts {
  messages: readonly Message[];
  events: readonly ConversationEvent[];
  unsent: readonly UnsentMessage[];
  /** True while older messages are still to be loaded: what happened before the first one shown is left out. */
  hasOlder: boolean;
}

/** Newer copies and new ones by id, in order. */
export function mergeEvents(known: readonly ConversationEvent[], added: readonly ConversationEvent[]): ConversationEvent[] {
  const byId = new Map([...known, ...added].map((event) => [event.id, event]));
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

function isSameGroup(previous: Message | undefined, message: Message): boolean {
  if (!previous || previous.channel !== message.channel || message.channel === "email") return false;
  const isSameAuthor = previous.author.kind === message.author.kind && previous.author.id === message.author.id;
  return isSameAuthor && message.at - previous.at < GROUP_GAP_MS;
}

/** `Re:` and its like in any number say nothing new about a subject. */
export function bareSubject(subject: string | undefined): string {
  return (subject ?? "").replace(/^(?:\s*(?:re|aw|rv|fwd?|sv)\s*:)+/iu, "").trim();
}

function eventsBySeq(events: readonly ConversationEvent[]): Map<number, ConversationEvent[]> {
  const bySeq = new Map<number, ConversationEvent[]>();
  for (const event of events) bySeq.set(event.afterSeq, [...(bySeq.get(event.afterSeq) ?? []), event]);
  return bySeq;
}

export function computeEntries({ messages, events, unsent, hasOlder }: ThreadParts): ThreadEntry[] {
  const entries: ThreadEntry[] = [];
  const afterSeq = eventsBySeq(events);
  const firstSeq = messages[0]?.seq ?? 1;
  let day = "";
  let address: string | null = null;
  const pushDay = (at: number) => {
    const key = dayKey(at);
    if (key !== day) entries.push({ kind: "day", key: `day-${key}`, at });
    day = key;
  };
  const pushEvents = (seq: number) => {
    for (const event of afterSeq.get(seq) ?? []) {
      // The address book takes an address when a mail comes from it: to an agent that is no news.
      if (event.kind === "contact" && event.subject?.name === address) continue;
      if (event.kind === "contact") address = event.subject?.name ?? null;
      pushDay(event.at);
      entries.push({ kind: "event", key: `event-${event.id}`, event });
    }
  };

  if (!hasOlder) for (let seq = 0; seq < firstSeq && seq < 2; seq += 1) pushEvents(seq);
  let previous: Message | undefined;
  let moved: Message | undefined;
  let subject = "";
  for (const message of messages) {
    const isMoved = message.mail?.movedTo !== undefined;
    // A forwarded mail and the note above it were moved as one, and that is said once.
    if (isMoved && moved !== undefined && moved.mail?.ledgerId === message.mail?.ledgerId) {
      pushEvents(message.seq);
      continue;
    }
    const dayBefore = day;
    pushDay(message.at);
    const isFirstOfGroup = dayBefore !== day || entries.at(-1)?.kind !== "message" || !isSameGroup(previous, message);
    const bare = bareSubject(message.subject);
    entries.push({
      kind: "message",
      key: `message-${message.seq}`,
      message,
      isFirstOfGroup,
      isSubjectShown: bare !== "" && bare !== subject,
    });
    if (!isMoved) subject = bare || subject;
    previous = isMoved ? undefined : message;
    moved = isMoved ? message : undefined;
    pushEvents(message.seq);
  }
  for (const waiting of unsent) entries.push({ kind: "unsent", key: `unsent-${waiting.clientId}`, unsent: waiting });
  return entries;
}
