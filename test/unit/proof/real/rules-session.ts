/** A browser that began a chat: the tokens that it was given, and the secrets that were mailed for it. */
import type { MemoryObject } from "./memory-object.ts";
import type { ServerFrame } from "../../../../durable-objects/conversation/protocol.ts";
import {
  confirmedAddressOf,
  FIRST_TOKEN_GENERATION,
  type SessionAnswer,
  type SessionClaim,
  type SessionCommand,
} from "../../../../durable-objects/conversation/sessions.ts";
import type { Token } from "../audience.ts";
import type { PlayedRules } from "./played-rules.ts";

/** What was mailed to an address: a code, and a link that does the same. */
export interface MailedSecret {
  sessionId: string;
  email: string;
  /** The digits; null where only a link was mailed. */
  code: string | null;
}

export class RulesSession {
  readonly object: MemoryObject;
  readonly #id: string;
  readonly #rules: PlayedRules;
  readonly #codes = new Map<string, string>();
  #codesMade = 0;
  #current: SessionClaim;
  /** Given by the last request that confirmed, and for which address. */
  #next: { claim: SessionClaim; email: string } | null = null;
  /** All others that it was ever given. */
  readonly #older: SessionClaim[] = [];

  constructor(object: MemoryObject, id: string, rules: PlayedRules) {
    this.object = object;
    this.#rules = rules;
    this.#id = id;
    this.#current = { sessionId: id, generation: FIRST_TOKEN_GENERATION };
  }

  /** Its token is used. */
  isAdmitted(): boolean {
    return this.object.use(this.#current);
  }

  /** What it is confirmed for now. */
  readonly level = (): string | null => {
    const { state, now } = this.object.turn();
    return state.beginner === null ? null : confirmedAddressOf(state.beginner, now);
  };

  askCode(email: string): void {
    const facts = this.#ask({ kind: "use", email });
    if (facts.kind !== "ok" || facts.email === null || facts.isStopped) return;
    // No two are ever the same here, so that chance confirms nobody.
    const code = `${this.#id} ${(this.#codesMade += 1)}`;
    if (this.#ask({ kind: "new-code", email: facts.email, hash: hashOf(this.#id, code) }).kind === "ok")
      this.#codes.set(facts.email, code);
  }

  secretOf(email: string): MailedSecret {
    return { sessionId: this.#id, email, code: this.#codes.get(email) ?? null };
  }

  /** Types the code, where one is waited for; else, or where it is none, opens the link. */
  bring({ sessionId, email, code }: MailedSecret): void {
    const facts = this.#ask({ kind: "use" });
    const isAsked = facts.kind === "ok" && facts.code !== null && code !== null;
    const byCode = isAsked ? this.#ask({ kind: "try-code", hash: hashOf(this.#id, code) }) : null;
    const answer = byCode?.kind === "confirmed" ? byCode : this.#ask({ kind: "confirm", sessionId, email });
    if (answer.kind !== "confirmed") return;
    const claim = { sessionId: answer.sessionId, generation: answer.generation };
    // Whoever repeats a request has the same token again; what was made for another address is an older one from now on.
    if (this.#next !== null && this.#next.email !== email) this.#older.push(this.#next.claim);
    this.#next = { claim, email };
  }

  useNext(): void {
    if (this.#next === null || !this.object.use(this.#next.claim)) return;
    this.#older.push(this.#current);
    this.#current = this.#next.claim;
    this.#next = null;
  }

  /** What a page is sent; of older tokens, with the first that is let in. */
  framesFor(token: Token): ServerFrame[] | null {
    if (token === "current") return this.object.framesFor(this.#current);
    for (const claim of this.#older) {
      const frames = this.object.framesFor(claim);
      if (frames !== null) return frames;
    }
    return null;
  }

  /** The last message on its screen. */
  lastShown(): number {
    const frames = this.object.framesFor(this.#current) ?? [];
    const seqs = frames.flatMap((frame) => ("messages" in frame ? frame.messages.map(({ seq }) => seq) : []));
    return Math.max(0, ...seqs);
  }

  #ask(command: SessionCommand): SessionAnswer {
    return this.object.decide((turn) => this.#rules.decideSession(turn, this.#current, command)).answer;
  }
}

/** As a code is hashed: for the session whose token the request carries. */
function hashOf(sessionId: string, code: string): string {
  return `${sessionId} ${code}`;
}
