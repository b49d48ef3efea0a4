/** Plays a history on the product and on the model, and compares them after every step: per session, token and message. */
import type { SentMail } from "../answers.ts";
import type { Token } from "../audience.ts";
import type { Action } from "../model.ts";
import { ALL_KEPT } from "../rules.ts";
import { sentenceOf } from "../story.ts";
import { aliasOf, CONVERSATIONS, has, isAlive, mailsOf, SESSIONS, type SessionName } from "../world.ts";
import type { LeftMail, ProofDriver } from "./driver.ts";
import { NO_HABITS, type Habits } from "./habits.ts";
import { chosenIn, PLAIN, type Choice, type History } from "./histories.ts";
import { perform, type Done } from "./perform.ts";
import { Places } from "./places.ts";
import { firstWordOf, Reference } from "./reference.ts";

export interface Difference {
  says: string;
  actions: readonly Action[];
}

const TOKENS: readonly Token[] = ["current", "spent"];

/** One history on one product. */
export class Play {
  readonly #driver: ProofDriver;
  readonly #habits: Habits;
  readonly #reference: Reference;
  readonly #places = new Places();
  readonly #actions: Action[] = [];

  /** @param habits what this product does otherwise, on purpose */
  constructor(driver: ProofDriver, habits: Habits = NO_HABITS) {
    this.#driver = driver;
    this.#habits = habits;
    this.#reference = new Reference(ALL_KEPT, habits);
  }

  /** The first difference, or null. A product that throws differs too. */
  async run(history: History): Promise<Difference | null> {
    try {
      return await this.#follow(history);
    } catch (error) {
      return { says: `the product throws: ${String(error)}`, actions: this.#actions };
    }
  }

  async #follow({ beginning, choices, without }: History): Promise<Difference | null> {
    for (const session of ["A", "B"] as const)
      this.#places.bind(session === "A" ? "chat 1" : "chat 2", await this.#driver.begin(session, firstWordOf(session)));
    for (const action of beginning) {
      const says = this.#isLeftOut(action) ? null : await this.#step(action, PLAIN);
      if (says !== null) return { says, actions: this.#actions };
    }
    for (const choice of choices) {
      const action = chosenIn(this.#reference.world, choice, { without, isTried: this.#habits.isTried });
      const says = action === null || this.#isLeftOut(action) ? null : await this.#step(action, choice);
      if (says !== null) return { says, actions: this.#actions };
    }
    return null;
  }

  /** What differs after this step, or null. */
  async #step(action: Action, { shape }: Choice): Promise<string | null> {
    const word = `word-${this.#actions.length + 1}`;
    const done = await perform({ driver: this.#driver, places: this.#places, action, word, shape });
    const told = done.kind === "mail" ? this.#placed(action, done) : action;
    if (typeof told === "string") {
      this.#actions.push(action);
      return told;
    }
    this.#actions.push(told);
    // It does less than it might: so does the model from here on.
    if (done.kind === "asked" && !done.isTaken && this.#habits.mayRefuse(this.#reference.world, told))
      return (await this.#ofAddresses()) ?? (await this.#ofViews());
    const before = this.#reference.world;
    const { hasChanged, sent } = this.#reference.take(told, word);
    if (done.kind === "mail" && done.place !== null) this.#places.bindNew(done.place, this.#reference.world, before);
    return (
      ofRefusal(done, told, hasChanged) ??
      (hasChanged ? null : await this.#probe(told)) ??
      (done.kind === "left" ? this.#ofLeft(done.mail, sent) : null) ??
      (await this.#ofAddresses()) ??
      (await this.#ofViews())
    );
  }

  #isLeftOut(action: Action): boolean {
    return this.#habits.isLeftOut(this.#reference.world, action);
  }

  /** What was refused must leave nothing behind: no token that can be used, no mail that waits. */
  async #probe(action: Action): Promise<string | null> {
    const { sessions, conversations } = this.#reference.world;
    if (action.do === "bring-secret") {
      const without = SESSIONS.filter((name) => sessions[name].nextLevel === null && sessions[name].conversation !== null);
      for (const session of without) await this.#driver.useToken(session);
    }
    const where = action.do === "mail-unseen" ? sessions[action.session].conversation : null;
    const id = where === null ? null : this.#places.idOf(where);
    if (where === null || id === null || conversations[where]?.queued !== null) return null;
    return (await this.#driver.leave(id)) === null ? null : "a mail leaves that nobody may have written";
  }

  /** The action with the place that the product chose for its mail, or what is wrong with that. */
  #placed(action: Action, { place }: Extract<Done, { kind: "mail" }>): Action | string {
    if (action.do !== "mail") return this.#placedByClick(action, place);
    const { from } = action.mail;
    if (place === null) return `the mail of ${from} was kept aside`;
    const { world } = this.#reference;
    const name = this.#places.nameOf(place) ?? (isAlive(world, mailsOf(from)) ? null : mailsOf(from));
    if (name === null) return `the mail of ${from} began another conversation beside ${mailsOf(from)}`;
    const { pointer } = action.mail;
    if (pointer.by !== "nothing" && name === aliasOf(world, pointer.of)) return action;
    if (pointer.by !== "nothing" && !this.#habits.mayStray(world, action)) return `the answer of ${from} is in ${name}`;
    return { do: "mail", mail: { ...action.mail, pointer: { by: "nothing", into: name } } };
  }

  /** The same of mails that an agent has moved: they are where the model has them. */
  #placedByClick(action: Action, place: string | null): Action | string {
    const { world } = this.#reference;
    const address = action.do === "part" ? (world.conversations[action.where]?.address ?? null) : null;
    const parted = address === null ? null : mailsOf(address);
    const to = action.do === "move" ? action.move.to : parted;
    const name = place === null ? null : this.#places.nameOf(place);
    if (name !== null) return name === to ? action : `the mails are in ${name}`;
    // The first of them begins it.
    const isNew = to !== null && world.conversations[to] === null;
    return isNew ? action : `the mails are in a conversation beside ${to}`;
  }

  /** Of a mail that left: to whom, and no word that its readers may not have. What is left out (T23, long chats) is no leak. */
  #ofLeft(mail: LeftMail | null, sent: SentMail | null): string | null {
    if (mail === null || sent === null)
      return (mail === null) === (sent === null) ? null : `a mail ${mail === null ? "failed" : "left"}`;
    const wrong = mail.to.find((address) => !has(sent.to, address));
    if (wrong !== undefined) return `a mail goes to ${wrong}`;
    const told = [sent.outgoing.word, ...sent.transcript.map(({ word }) => word), ...this.#reference.mayCarry(sent)];
    const leaked = mail.words.find((word) => !told.includes(word));
    return leaked === undefined ? null : `a mail carries ${leaked}, which is not for its readers`;
  }

  async #ofAddresses(): Promise<string | null> {
    for (const where of CONVERSATIONS) {
      const id = this.#places.idOf(where);
      const facts = this.#reference.world.conversations[where];
      if (id === null || facts === null || facts.mergedInto !== null) continue;
      const address = await this.#driver.addressOf(id);
      if (address !== facts.address) return `the address of ${where} is ${address ?? "none"} and not ${facts.address ?? "none"}`;
    }
    return null;
  }

  async #ofViews(): Promise<string | null> {
    for (const session of SESSIONS)
      for (const token of TOKENS) {
        if (!hasToken(this.#reference, session, token)) continue;
        const says = await this.#ofView(session, token);
        if (says !== null) return says;
      }
    return null;
  }

  async #ofView(session: SessionName, token: Token): Promise<string | null> {
    const view = await this.#driver.viewOf(session, token);
    if (view === null && token === "current") this.#reference.refuse(session);
    const expected = this.#reference.viewOf(session, token);
    const who = token === "current" ? session : `an old token of ${session}`;
    if (view === null || expected === null) return view === expected ? null : `${who} is ${view === null ? "refused" : "let in"}`;
    const leaked = view.words.find((word) => !expected.words.includes(word) && !expected.optional.includes(word));
    if (leaked !== undefined) return `${who} is shown ${leaked}, which is not for it`;
    const lost = expected.words.find((word) => !view.words.includes(word));
    if (lost !== undefined) return `${who} is not shown ${lost}, which is for it`;
    if (view.isComplete === expected.isComplete) return null;
    return `${who} is told that its conversation is ${view.isComplete ? "complete" : "open"}`;
  }
}

function hasToken({ world }: Reference, session: SessionName, token: Token): boolean {
  const { conversation, hasSpent } = world.sessions[session];
  return conversation !== null && (token === "current" || hasSpent);
}

/** What one of them has taken and the other has not. */
function ofRefusal(done: Done, action: Action, hasChanged: boolean): string | null {
  if (done.kind === "mail" && !hasChanged)
    return action.do === "mail" ? `the mail of ${action.mail.from} is where it may not be` : "mails are moved, and may not be";
  if (done.kind !== "asked" || done.isTaken === hasChanged) return null;
  return `this is ${done.isTaken ? "taken, and may not be" : "refused, and may be"}`;
}

/** The difference as a story. */
export function differenceStory({ says, actions }: Difference): string {
  return [...actions.map((action, index) => `word-${index + 1}: ${sentenceOf(action)}`), `→ ${says}.`].join("\n");
}
