/** A visitor or an agent at one conversation: the product's own client, on a device that may be wrong about everything. */
import type { Message } from "../../durable-objects/conversation/protocol.ts";
import { ConversationSocket } from "../../web/shared/conversation-socket.ts";
import { MESSAGES_PER_FRAME } from "../../web/shared/protocol-constants.ts";
import type { UnsentMessage, UnsentStore } from "../../web/shared/unsent-store.ts";
import { type Clock, makeOpenSocket, runOnDevice } from "./device.ts";
import type { Random } from "./random.ts";
import { ClientRecord } from "./records.ts";

export interface PersonOptions {
  readonly name: string;
  readonly conversationId: string;
  readonly isAgent: boolean;
  /** `ws://` address of the socket, through the proxy. */
  readonly url: string;
  readonly protocols: readonly string[];
  readonly headers: Record<string, string>;
  readonly random: Random;
}

/** A device whose clock is wrong is common; by a year is not, but must not matter. */
const SKEWS_MS = [0, 0, 0, -90_000, 4_000_000, 400 * 24 * 3_600_000, -30 * 24 * 3_600_000];
/** All of the screen is looked at once in so many changes. */
const THOROUGH_EVERY = 50;
const NOTE_CHANCE = 0.1;

/** As the browser's storage: it outlives the page. */
function makeMemoryStore(): UnsentStore {
  const kept = new Map<string, UnsentMessage>();
  return {
    load: () => [...kept.values()],
    put: (message) => void kept.set(message.clientId, message),
    remove: (clientId) => void kept.delete(clientId),
    clear: () => kept.clear(),
  };
}

export class Person {
  readonly record: ClientRecord;
  readonly clock: Clock;
  readonly #options: PersonOptions;
  readonly #store = makeMemoryStore();
  #socket: ConversationSocket;
  #changes = 0;

  constructor(options: PersonOptions) {
    this.#options = options;
    this.record = new ClientRecord(options.name, options.conversationId, options.isAgent);
    this.clock = { skewMs: options.random.pick(SKEWS_MS) };
    this.#socket = this.#open();
  }

  /** Written now, sent when it can be. */
  write(channel?: "email"): void {
    const { name, isAgent, random } = this.#options;
    const text = `${name} says ${this.record.sent.length + 1}`;
    const shown = channel ?? (isAgent && random.chance(NOTE_CHANCE) ? "note" : "chat");
    const clientId = runOnDevice(this.clock, () => this.#socket.send({ text, ...(isAgent ? { channel: shown } : {}) }));
    this.record.sent.push({ clientId, text });
  }

  /** The page is loaded anew. An agent's page reads the newest messages first; a visitor's begins with nothing. */
  reload(): void {
    const messages = this.#options.isAgent ? this.#socket.snapshot().messages.slice(-50) : [];
    this.#socket.stop();
    this.#socket = this.#open(messages);
  }

  /** Writes what the screen shows into the record. */
  conclude(): void {
    const { messages, status } = this.#socket.snapshot();
    this.record.look(messages, true);
    this.record.shown = messages;
    this.record.unsent = status.unsent;
    this.record.isUpToDate = status.kind === "up-to-date";
  }

  get isSettled(): boolean {
    const { status } = this.#socket.snapshot();
    return status.kind === "up-to-date" && status.unsent === 0;
  }

  stop(): void {
    this.#socket.stop();
  }

  #open(messages: readonly Message[] = []): ConversationSocket {
    const { url, protocols, headers, random, isAgent } = this.#options;
    const socket = new ConversationSocket({
      url,
      protocols,
      isOwn: (message) => this.record.sent.some(({ text }) => text === message.text),
      store: this.#store,
      // As in the inbox and in the widget.
      initial: isAgent ? { messages, overlap: MESSAGES_PER_FRAME, mayBeStale: true } : { messages },
      openSocket: makeOpenSocket(this.clock, random, headers),
      onChange: () => this.#look(socket),
      onNotice: (notice) => {
        if (notice.kind === "acknowledged") this.record.acknowledge(notice.clientId, notice.message);
      },
    });
    runOnDevice(this.clock, () => socket.start());
    return socket;
  }

  #look(socket: ConversationSocket): void {
    this.#changes += 1;
    this.record.look(socket.snapshot().messages, this.#changes % THOROUGH_EVERY === 0);
  }
}
