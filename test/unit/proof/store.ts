/** A message is added to a conversation: with the marks that it leaves on the sessions there. Pure. */
import { isSentTo } from "./audience.ts";
import type { Kept } from "./rules.ts";
import { only, sessionsIn, withConversation, withSession, type ConversationName, type Message, type World } from "./world.ts";

/** @returns the messages, each once and in one order, so that the same set is the same list */
export function joined(messages: readonly Message[], more: readonly Message[]): readonly Message[] {
  const added = more.filter((message, index) => !messages.includes(message) && more.indexOf(message) === index);
  return added.length === 0 ? messages : [...messages, ...added].sort((one, other) => one.id - other.id);
}

export function store(world: World, where: ConversationName, message: Message, kept: Kept): World {
  const before = world.conversations[where]?.messages ?? [];
  let next = withConversation(world, where, { messages: joined(before, [message]) });
  for (const name of sessionsIn(next, where)) {
    const session = next.sessions[name];
    if (message.from !== null) {
      const isWarned = session.isWarned && !kept.warningEndsWithMail;
      next = withSession(next, name, { unwarned: session.unwarned | only(message.from), isWarned });
      if (!kept.lineIsConstant) next = withSession(next, name, { hasLine: true });
    }
    const isTold = !kept.statusIsOfWhatItSees || isSentTo(next, name, message, kept);
    if (isTold && session.isComplete) next = withSession(next, name, { isComplete: false });
  }
  return next;
}
