/** The model with a word in every message: what each session may be shown, message by message. */
import type { SentMail } from "../answers.ts";
import { viewOf, type Token } from "../audience.ts";
import { apply, type Action } from "../model.ts";
import { ALL_KEPT, type Kept } from "../rules.ts";
import { changed, CONVERSATIONS, only, START, withConversation, type SessionName, type World } from "../world.ts";

export interface ExpectedView {
  words: readonly string[];
  /** Of mails that wait or have failed: whoever is confirmed for their address may see them before they leave, or not. */
  optional: readonly string[];
  isComplete: boolean;
}

export class Reference {
  readonly #kept: Kept;
  world: World;

  constructor(kept: Kept = ALL_KEPT) {
    this.#kept = kept;
    this.world = named(START, (session) => firstWordOf(session));
  }

  /** @returns what left, and whether anything has changed */
  take(action: Action, word: string): { hasChanged: boolean; sent: SentMail | null } {
    const step = apply(this.world, action, this.#kept);
    if (step === null) return { hasChanged: false, sent: null };
    this.world = named(step.world, () => word);
    return { hasChanged: true, sent: step.sent };
  }

  /** Null where the token is refused. */
  viewOf(name: SessionName, token: Token): ExpectedView | null {
    const view = viewOf(this.world, name, token, this.#kept);
    const { conversation, level } = this.world.sessions[name];
    if (view === null || conversation === null) return null;
    const facts = this.world.conversations[conversation];
    const waiting = [facts?.queued ?? null, facts?.failed ?? null].filter((outgoing) => outgoing !== null);
    const optional = waiting.filter(({ to, copy }) => ((only(to) | only(copy)) & level) !== 0).map(({ word }) => word);
    return { words: view.messages.map(({ word }) => word), optional, isComplete: view.isComplete };
  }
}

/** The word of the message that begins a chat. */
export function firstWordOf(session: SessionName | null): string {
  return `first-of-${session ?? "nobody"}`;
}

/** What has just been stored has no word yet. */
function named(world: World, wordOf: (session: SessionName | null) => string): World {
  let next = world;
  for (const where of CONVERSATIONS) {
    const facts = next.conversations[where];
    if (facts === null) continue;
    const { queued } = facts;
    const isNew = facts.messages.some(({ word }) => word === "") || queued?.word === "";
    if (!isNew) continue;
    const messages = facts.messages.map((message) =>
      message.word === "" ? changed(message, { word: wordOf(message.session) }) : message,
    );
    next = withConversation(next, where, { messages, queued: queued?.word === "" ? { ...queued, word: wordOf(null) } : queued });
  }
  return next;
}
