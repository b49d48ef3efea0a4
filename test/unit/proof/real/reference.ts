/** The model with a word in every message: what each session may be shown, message by message. */
import type { SentMail } from "../answers.ts";
import { viewOf, type Token } from "../audience.ts";
import { apply, type Action } from "../model.ts";
import { ALL_KEPT, type Kept } from "../rules.ts";
import {
  changed,
  CONVERSATIONS,
  isWithin,
  only,
  START,
  withConversation,
  withSession,
  type ConversationName,
  type Outgoing,
  type SessionName,
  type World,
} from "../world.ts";
import { NO_HABITS, type Habits } from "./habits.ts";

export interface ExpectedView {
  words: readonly string[];
  /** Of mails that wait, have failed or were taken back: whoever is confirmed for their address may see them before they leave, or not. */
  optional: readonly string[];
  isComplete: boolean;
}

export class Reference {
  readonly #kept: Kept;
  readonly #habits: Habits;
  /** Mails that ever waited to leave, each once. */
  readonly #written: { where: ConversationName; outgoing: Outgoing }[] = [];
  /** Of them, those that an agent has taken back. */
  readonly #takenBack = new Set<string>();
  /** Where each mail came in, by its word. */
  readonly #bornIn = new Map<string, ConversationName>();
  world: World;

  constructor(kept: Kept = ALL_KEPT, habits: Habits = NO_HABITS) {
    this.#kept = kept;
    this.#habits = habits;
    this.world = named(START, (session) => firstWordOf(session));
  }

  /** @returns what left, and whether anything has changed */
  take(action: Action, word: string): { hasChanged: boolean; sent: SentMail | null } {
    const own = this.#habits.take(this.world, action);
    const step = own === null ? apply(this.world, action, this.#kept) : { world: own, sent: null };
    if (step === null) return { hasChanged: false, sent: null };
    const before = this.world;
    const world = named(step.world, () => word);
    if (action.do === "mail") this.#noteMail(world, word);
    this.world = this.#habits.follow({ before, world, action, bornIn: (mail) => this.#bornIn.get(mail) ?? null });
    this.#noteWritten();
    this.#noteTakenBack(before, action);
    return { hasChanged: true, sent: step.sent };
  }

  /** The product refuses this session, where its habits say that it may: from here on the model does, too. */
  refuse(name: SessionName): void {
    if (this.#habits.mayRefuseSession(this.world, name)) this.world = withSession(this.world, name, { isBlocked: true });
  }

  #noteWritten(): void {
    for (const where of CONVERSATIONS) {
      const outgoing = this.world.conversations[where]?.queued ?? null;
      if (outgoing !== null && !this.#written.some((known) => known.outgoing.word === outgoing.word))
        this.#written.push({ where, outgoing });
    }
  }

  #noteMail(world: World, word: string): void {
    const where = CONVERSATIONS.find((name) => world.conversations[name]?.messages.some((message) => message.word === word));
    if (where !== undefined) this.#bornIn.set(word, where);
  }

  #noteTakenBack(before: World, action: Action): void {
    if (action.do !== "take-back" && action.do !== "try-again") return;
    const facts = before.conversations[action.where];
    if (action.do === "take-back") this.#takenBack.add(facts?.queued?.word ?? "");
    else this.#takenBack.delete(facts?.failed?.word ?? "");
  }

  /** Words that a mail to these people may carry below its reply: an agent wrote them to all of them, and they never left. */
  mayCarry({ where, to }: SentMail): readonly string[] {
    const here = this.#written.filter((written) => written.where === where).map(({ outgoing }) => outgoing);
    const theirs = here.filter((outgoing) => isWithin(to, only(outgoing.to) | only(outgoing.copy)));
    return theirs.map(({ word }) => word).filter((word) => !this.#takenBack.has(word));
  }

  /** Null where the token is refused. */
  viewOf(name: SessionName, token: Token): ExpectedView | null {
    const view = viewOf(this.world, name, token, this.#kept);
    const { conversation, level } = this.world.sessions[name];
    if (view === null || conversation === null) return null;
    const here = this.#written.filter(({ where }) => where === conversation).map(({ outgoing }) => outgoing);
    const optional = here.filter(({ to, copy }) => ((only(to) | only(copy)) & level) !== 0).map(({ word }) => word);
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
