/** What a client was told and has shown: the evidence that the checker compares with what is stored. Pure. */
import type { Message } from "../../durable-objects/conversation/protocol.ts";

export interface SentMessage {
  readonly clientId: string;
  readonly text: string;
}

export interface Acknowledgement {
  readonly clientId: string;
  readonly seq: number;
  readonly id: string;
}

/** One person at one conversation, over all reloads of their page. */
export class ClientRecord {
  readonly name: string;
  readonly conversationId: string;
  readonly isAgent: boolean;
  /** In the order of writing. */
  readonly sent: SentMessage[] = [];
  readonly acknowledged: Acknowledgement[] = [];
  /** Seq → id of every message that was ever shown here. */
  readonly seen = new Map<number, string>();
  /** Things that must never be, as they were noticed. */
  readonly breaches: { readonly kind: "doubled" | "out of order"; readonly detail: string }[] = [];
  /** The screen at the end. */
  shown: readonly Message[] = [];
  isUpToDate = false;
  unsent = 0;

  constructor(name: string, conversationId: string, isAgent: boolean) {
    this.name = name;
    this.conversationId = conversationId;
    this.isAgent = isAgent;
  }

  acknowledge(clientId: string, message: Message): void {
    this.acknowledged.push({ clientId, seq: message.seq, id: message.id });
  }

  /** Looks at the screen's end, where all change is, and now and then at all of it. */
  look(messages: readonly Message[], isThorough: boolean): void {
    const end = isThorough ? messages : messages.slice(-LOOKED_AT);
    let before = 0;
    for (const { seq, id, text } of end) {
      if (seq === before) this.breaches.push({ kind: "doubled", detail: `${this.name} shows seq ${seq} twice` });
      if (seq < before) this.breaches.push({ kind: "out of order", detail: `${this.name} shows ${seq} after ${before}` });
      before = seq;
      const known = this.seen.get(seq);
      if (known !== undefined && known !== id)
        this.breaches.push({ kind: "doubled", detail: `${this.name} saw two messages with seq ${seq}: ${text}` });
      this.seen.set(seq, id);
    }
  }
}

const LOOKED_AT = 60;
