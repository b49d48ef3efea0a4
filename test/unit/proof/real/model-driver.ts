/**
 * The model in the product's place: what the comparison is worth is seen by playing histories on one whose rules are broken.
 * An adapter for the real rules has this shape.
 */
import type { Token } from "../audience.ts";
import type { Action, Click } from "../model.ts";
import type { Kept } from "../rules.ts";
import { mayTake } from "../mails.ts";
import {
  ADDRESSES,
  CONVERSATIONS,
  formOf,
  has,
  mailsOf,
  type Address,
  type ConversationName,
  type SessionName,
} from "../world.ts";
import type { ConversationId, IncomingMail, LeftMail, OutgoingMail, ProofDriver, SessionView } from "./driver.ts";
import { Reference } from "./reference.ts";

export class ModelDriver implements ProofDriver {
  readonly #reference: Reference;
  readonly #kept: Kept;

  constructor(kept: Kept) {
    this.#kept = kept;
    this.#reference = new Reference(kept);
  }

  begin(session: SessionName): ConversationId {
    return session === "A" ? "chat 1" : "chat 2";
  }

  chat(session: SessionName, word: string): void {
    this.#do({ do: "write", session }, word);
  }

  type(session: SessionName, address: Address): void {
    this.#do({ do: "give-address", session, address });
  }

  seen(session: SessionName): boolean {
    return this.#do({ do: "see", session }).hasChanged;
  }

  askCode(session: SessionName, address: Address): void {
    this.#do({ do: "ask-code", session, address });
  }

  confirm({ of, address, by }: { of: SessionName; address: Address; by: SessionName | null }): void {
    this.#do({ do: "bring-secret", secret: { session: of, address, by } });
  }

  useToken(session: SessionName): void {
    this.#do({ do: "use-token", session });
  }

  endLevel(session: SessionName): void {
    this.#do({ do: "end-level", session });
  }

  viewOf(session: SessionName, token: Token): SessionView | null {
    return this.#reference.viewOf(session, token);
  }

  receiveMail({ from, token, reference, shape, word }: IncomingMail): ConversationId | null {
    const isAutomatic = shape.automatic !== null;
    if (token !== null)
      return this.#receive({ do: "mail", mail: { from, pointer: { by: "token", of: nameOf(token) }, isAutomatic } }, word);
    if (reference !== null)
      return this.#receive(
        { do: "mail", mail: { from, pointer: { by: "reference", of: nameOf(reference) }, isAutomatic } },
        word,
      );
    const into = CONVERSATIONS.find((name) => mayTake(this.#reference.world, name, from, this.#kept));
    if (into === undefined) return null;
    return this.#receive({ do: "mail", mail: { from, pointer: { by: "nothing", into }, isAutomatic } }, word);
  }

  receiveForm(replyTo: Address, word: string): ConversationId {
    this.#do({ do: "form", replyTo }, word);
    return formOf(replyTo);
  }

  bounce(where: ConversationId): void {
    this.#click("bounce", where);
  }

  reply(session: SessionName, word: string): void {
    this.#do({ do: "answer-by-chat", session }, word);
  }

  replyByMail({ where, seen, copy, word }: OutgoingMail): boolean {
    return this.#do({ do: "answer-by-mail", answer: { where: nameOf(where), seen, copy } }, word).hasChanged;
  }

  mailUnseen(session: SessionName): boolean {
    return this.#do({ do: "mail-unseen", session }).hasChanged;
  }

  leave(where: ConversationId): LeftMail | null {
    const { sent } = this.#click("leave", where);
    if (sent === null) return null;
    const words = sent.transcript.map(({ word }) => word);
    return {
      to: ADDRESSES.filter((address) => has(sent.to, address)),
      words: sent.outgoing.names === null ? [sent.outgoing.word, ...words] : words,
    };
  }

  undo(where: ConversationId): boolean {
    return this.#click("take-back", where).hasChanged;
  }

  retry(where: ConversationId): boolean {
    return this.#click("try-again", where).hasChanged;
  }

  addressOf(where: ConversationId): Address | null {
    return this.#reference.world.conversations[nameOf(where)]?.address ?? null;
  }

  replaceAddress(where: ConversationId): void {
    this.#click("replace-address", where);
  }

  part(where: ConversationId): ConversationId {
    const address = this.addressOf(where);
    this.#click("part", where);
    return address === null ? where : mailsOf(address);
  }

  move({ from, to, author }: { from: ConversationId; to: ConversationId | null; author: Address }): ConversationId {
    const target = to === null ? mailsOf(author) : nameOf(to);
    this.#do({ do: "move", move: { from: nameOf(from), to: target, author } });
    return target;
  }

  merge(from: ConversationId, to: ConversationId): boolean {
    return this.#do({ do: "merge", from: nameOf(from), to: nameOf(to) }).hasChanged;
  }

  block(where: ConversationId): void {
    this.#click("block", where);
  }

  complete(where: ConversationId): void {
    this.#click("complete", where);
  }

  openLink(where: ConversationId): void {
    this.#click("open-link", where);
  }

  #do(action: Action, word = ""): ReturnType<Reference["take"]> {
    return this.#reference.take(action, word);
  }

  #click(what: Click["do"], where: ConversationId): ReturnType<Reference["take"]> {
    return this.#do({ do: what, where: nameOf(where) });
  }

  /** Where the message with this word is afterwards. */
  #receive(action: Action, word: string): ConversationId | null {
    this.#do(action, word);
    const { conversations } = this.#reference.world;
    return CONVERSATIONS.find((name) => conversations[name]?.messages.some((message) => message.word === word)) ?? null;
  }
}

/** @throws Error for an id that this driver has not given out */
function nameOf(id: ConversationId): ConversationName {
  const name = CONVERSATIONS.find((known) => known === id);
  if (name === undefined) throw new Error(`no conversation ${id}`);
  return name;
}
