/**
 * What is kept in D1 beside the conversations, in memory: contacts, usual places, who has which address, participants and
 * the ids of mails. It is asked as `worker/db` asks SQL, and `find-usual-place.ts` and `find-place.ts` ask it; what is
 * decided with it is decided by the product's rules.
 */
import { decideClaimsNoted } from "../../../../durable-objects/conversation/addresses.ts";
import { decideAddressKnown, decideContact } from "../../../../durable-objects/conversation/commands.ts";
import type { ContactSummary } from "../../../../durable-objects/conversation/protocol.ts";
import { mayBePlace } from "../../../../worker/email/usual-place.ts";
import { MemoryObject, type Clock } from "./memory-object.ts";
import type { PlayedRules } from "./played-rules.ts";

interface Contact extends ContactSummary {
  email: string;
  isBlocked: boolean;
}

/** Who has, or had, an address. */
interface Addressed {
  email: string;
  conversationId: string;
  isChat: boolean;
}

/** A mail that became a message, as its row in the ledger has it. */
export interface BookedMail {
  id: string;
  /** The sender; of a form's mail the form. */
  from: string;
  conversationId: string;
  seq: number;
  moves: number;
  /** The conversation of its own that it can be moved to: the same however often it is asked for. */
  ownConversationId: string;
}

interface Participant {
  conversationId: string;
  email: string;
  /** The mail that brought them; null for who was in copy of ours. */
  mailId: string | null;
}

/** Conversations that are asked, as in `find-usual-place.ts`. */
const LOOKS_MAX = 4;

export class MemoryBook {
  readonly clock: Clock;
  readonly rules: PlayedRules;
  readonly #objects = new Map<string, MemoryObject>();
  readonly #contacts = new Map<string, Contact>();
  readonly #places = new Map<string, string>();
  readonly #addressed: Addressed[] = [];
  readonly #participants: Participant[] = [];
  readonly #forms = new Map<string, string>();
  /** In the order in which they came in. */
  readonly #mails = new Map<string, BookedMail>();
  readonly #mailIds = new Map<string, { conversationId: string; seq: number }>();

  constructor(clock: Clock, rules: PlayedRules) {
    this.clock = clock;
    this.rules = rules;
  }

  /** The object with this id, whether it has begun or not. */
  object(id: string): MemoryObject {
    const known = this.#objects.get(id) ?? new MemoryObject(id, this.clock, (object) => this.#answer(object));
    this.#objects.set(id, known);
    return known;
  }

  findContact(email: string): Contact | null {
    return this.#contacts.get(email) ?? null;
  }

  findOrCreateContact(email: string): Contact {
    const contact = this.findContact(email) ?? { id: this.clock.newId(), email, name: null, isBlocked: false };
    this.#contacts.set(email, contact);
    return contact;
  }

  /** As `PATCH /contacts/:id` does: the person, their chats, and chats in which somebody typed their address. */
  blockContact(email: string): string[] {
    const contact = this.findOrCreateContact(email);
    this.#contacts.set(email, { ...contact, isBlocked: true });
    const theirs = [...this.#objects.values()].filter(({ state }) => state?.contact?.id === contact.id).map(({ id }) => id);
    const typed = this.#addressed.filter((known) => known.email === email && known.isChat);
    return [...new Set([...theirs, ...typed.map(({ conversationId }) => conversationId)])];
  }

  setPlace(email: string, conversationId: string): void {
    this.#places.set(email, conversationId);
  }

  /** The claimed place of an address, and the conversations that have or had it. */
  candidatesOf(email: string): { conversationId: string; isChat: boolean }[] {
    const conversationId = this.#places.get(email);
    const others = this.#othersOf(email);
    if (conversationId === undefined) return others;
    const isChat = others.some((other) => other.conversationId === conversationId && other.isChat);
    return [{ conversationId, isChat }, ...others.filter((other) => other.conversationId !== conversationId)];
  }

  /** The first to claim decides. @param begun what is claimed; `replaces` gives way */
  claimPlace(email: string, begun: { conversationId: string; replaces: string | undefined }): string {
    const present = this.#places.get(email) ?? null;
    const isGivenUp = present !== null && (present === begun.replaces || !this.isPlaceOf(present, email));
    if (present === null || isGivenUp) this.#places.set(email, begun.conversationId);
    return this.#places.get(email) ?? begun.conversationId;
  }

  /** As `findUsualPlace`. */
  usualPlaceOf(email: string): { conversationId: string; subject: string | null } | null {
    const claimed = this.#places.get(email) ?? null;
    const others = this.#othersOf(email);
    const candidates = this.candidatesOf(email).map(({ conversationId }) => conversationId);
    for (const candidate of candidates.slice(0, LOOKS_MAX)) {
      const facts = this.object(candidate).mailFacts();
      if (facts === null && candidate === claimed) return null;
      const hasOthers = others.some((other) => other.conversationId !== candidate);
      if (facts !== null && mayBePlace(facts, email, { hasOthers })) return { conversationId: candidate, subject: facts.subject };
    }
    return null;
  }

  /** One that has not begun was claimed a moment ago. */
  isPlaceOf(conversationId: string, email: string): boolean {
    const facts = this.object(conversationId).mailFacts();
    if (facts === null) return true;
    const hasOthers = this.#othersOf(email).some((other) => other.conversationId !== conversationId);
    return mayBePlace(facts, email, { hasOthers });
  }

  /** Where it was the place that the mail left, it follows the mail. */
  followMail(email: string, { from, to }: { from: string; to: string }): void {
    if (this.#places.get(email) === from) this.#places.set(email, to);
  }

  addParticipant(conversationId: string, email: string, mailId: string | null = null): void {
    if (!this.isParticipant(conversationId, email)) this.#participants.push({ conversationId, email, mailId });
  }

  isParticipant(conversationId: string, email: string): boolean {
    return this.#participants.some((known) => known.conversationId === conversationId && known.email === email);
  }

  formConversationOf(form: string, person: string): string | null {
    return this.#forms.get(`${form} ${person}`) ?? null;
  }

  setFormConversation(form: string, person: string, conversationId: string): void {
    this.#forms.set(`${form} ${person}`, conversationId);
  }

  bookMail({ id, from, conversationId, seq }: Pick<BookedMail, "id" | "from" | "conversationId" | "seq">): void {
    this.#mails.set(id, { id, from, conversationId, seq, moves: 0, ownConversationId: this.clock.newId() });
    this.saveMailId(id, { conversationId, seq });
  }

  /** Those of one sender that are in a conversation, oldest first. */
  mailsOf(conversationId: string, from: string): BookedMail[] {
    return [...this.#mails.values()].filter((mail) => mail.conversationId === conversationId && mail.from === from);
  }

  /** As `settleMove` does at once: the row, the id and the people that the mail brought follow it. */
  settleMove(mail: BookedMail, to: { conversationId: string; seq: number }): void {
    this.#mails.set(mail.id, { ...mail, ...to, moves: mail.moves + 1 });
    this.saveMailId(mail.id, to);
    for (const brought of this.#participants) if (brought.mailId === mail.id) brought.conversationId = to.conversationId;
  }

  saveMailId(messageId: string, at: { conversationId: string; seq: number }): void {
    this.#mailIds.set(messageId, at);
  }

  findMailId(messageId: string): { conversationId: string; seq: number } | null {
    return this.#mailIds.get(messageId) ?? null;
  }

  /** Those that began by mail first, newest first. */
  #othersOf(email: string): Addressed[] {
    const known = this.#addressed.filter((one) => one.email === email).reverse();
    return [...known.filter(({ isChat }) => !isChat), ...known.filter(({ isChat }) => isChat)];
  }

  /** What an object asks of the address book, and tells it, in the order of `address-book.ts`: at once, and until nothing is left. */
  #answer(object: MemoryObject): void {
    const { state } = object;
    if (state === null) return;
    if (state.unresolved !== null) {
      const { id, name } = this.findOrCreateContact(state.unresolved.email);
      const { email } = state.unresolved;
      object.command((turn) => decideContact(turn, { id, name, email }));
    } else if (state.claimsToNote.length > 0) {
      for (const email of state.claimsToNote) this.#note({ email, conversationId: object.id, isChat: true });
      object.command((turn) => decideClaimsNoted(turn, turn.state.claimsToNote));
    } else if (state.address?.hasOthers === null) {
      const { email } = state.address;
      const hasOthers = this.#note({ email, conversationId: object.id, isChat: state.beginner !== null });
      const isBlocked = this.findContact(email)?.isBlocked === true;
      object.command((turn) => decideAddressKnown(turn, { email, hasOthers, isBlocked }));
    } else if (state.placeToNote !== null) {
      this.setPlace(state.placeToNote, object.id);
      object.command((turn) => [{ kind: "state", state: { ...turn.state, placeToNote: null } }]);
    }
  }

  #note(noted: Addressed): boolean {
    const ofAddress = this.#addressed.filter(({ email }) => email === noted.email);
    if (!ofAddress.some(({ conversationId }) => conversationId === noted.conversationId)) this.#addressed.push(noted);
    return ofAddress.some(({ conversationId }) => conversationId !== noted.conversationId);
  }
}
