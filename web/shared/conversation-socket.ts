/**
 * The reconnecting client of one conversation, used by the inbox and by the widget.
 *
 *     const socket = new ConversationSocket({
 *       url: "wss://HOST/api/conversations/ID/socket",
 *       protocols: ["hilo.v1"],                  // the widget adds "token.TOKEN"
 *       isOwn: (message) => message.author.id === agent.id,
 *       store: makeUnsentStore(browserStorage(), `hilo.unsent.${id}`),
 *       initial: { messages, conversation },     // the newest page, read by HTTP; the socket continues after its last
 *                                                // (or `overlap` before it, where what is known may have changed)
 *       onChange: () => render(socket.snapshot()),
 *       onNotice: (notice) => { … },
 *     });
 *     socket.start();
 *     socket.send({ text: "Hello" });            // → clientId; shown at once among `unsent`
 *     socket.stop();                             // for good; unsent messages stay in the store
 *
 * **Snapshot** (`socket.snapshot()`, a new object after every change, never mutated): `status` (the union
 * `ConnectionStatus`: connecting | up-to-date | reconnecting | offline | stopped, each with the number `unsent`),
 * `messages` (ascending by seq, each once), `unsent` (to show below them; a `failure` says why the server refused),
 * `conversation`, `presence`. `onChange` is called at most once per microtask, and
 * less often while a long absence is caught up.
 *
 * **Notices** (`onNotice`, once each, in order): `acknowledged {clientId, message}` · `refused {clientId, reason,
 * detail?}` (permanent; the message stays in `unsent` with its `failure` until `retry` or `discard`) · `received
 * {messages, isLive}` (others' messages, and own ones from other tabs) · `resumed` (caught up after a loss) ·
 * `frame {frame}` (every server frame after it was applied: typing, event, drafts in `welcome`, …).
 *
 * What it promises: a message is sent until it is acknowledged or refused, with one clientId, one at a time, in order;
 * a dead socket is noticed and replaced within 30 s; 4001 and 4003 stop it (`status.kind === "stopped"`).
 */
import type { Attachment, Channel, Message, Presence, RejectionReason } from "../../durable-objects/conversation/protocol.ts";
import {
  type AnyConversation,
  type ClientEvent,
  type ClientState,
  type ClientTimer,
  type ConnectionStatus,
  type Notice,
  computeStatus,
  initialClient,
  visibleUnsent,
} from "./client-state.ts";
import { stepClient } from "./conversation-client.ts";
import { parseServerFrame } from "./frame-guard.ts";
import { type OpenSocket, type ShellEvent, SocketShell, isHiddenNow, isOnlineNow } from "./socket-shell.ts";
import type { UnsentMessage, UnsentStore } from "./unsent-store.ts";
import { newUuid } from "./uuid-v7.ts";

export type { AnyConversation, ConnectionStatus, Notice } from "./client-state.ts";
export type { UnsentMessage } from "./unsent-store.ts";

interface ConversationSocketOptions {
  readonly url: string;
  /** A function where they are not known before `start`. */
  readonly protocols: readonly string[] | (() => readonly string[]);
  /** Whether this side wrote a message. */
  readonly isOwn: (message: Message) => boolean;
  /** Where unsent messages outlive a reload; without it they live as long as this object. */
  readonly store?: UnsentStore;
  readonly initial?: Omit<Parameters<typeof initialClient>[0], "isOnline" | "isHidden" | "unsent">;
  readonly onChange: () => void;
  readonly onNotice?: (notice: Notice) => void;
  /** For tests. */
  readonly openSocket?: OpenSocket;
}

interface OutgoingMessage {
  readonly text: string;
  readonly attachments?: readonly Attachment[];
  readonly channel?: Channel;
  readonly subject?: string;
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  /** The address that an agent sees. */
  readonly to?: readonly string[];
  readonly ifLastSeq?: number;
  /** Made here unless the caller has promised one to somebody already. */
  readonly clientId?: string;
}

export interface Snapshot {
  readonly status: ConnectionStatus;
  readonly messages: readonly Message[];
  readonly unsent: readonly UnsentMessage[];
  readonly conversation: AnyConversation | null;
  readonly presence: Presence | null;
  /** It was a lot at once: what is unsent goes out later, by itself. */
  readonly isLimited: boolean;
}

/** Between two calls of `onChange` while the pages of a catch-up come in. */
const CATCH_UP_INTERVAL_MS = 300;

export class ConversationSocket {
  readonly #options: ConversationSocketOptions;
  readonly #shell: SocketShell<ClientTimer>;
  #state: ClientState;
  #isChangeDue = false;
  #toldAt = 0;
  #laterTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConversationSocketOptions) {
    this.#options = options;
    this.#state = initialClient({
      isOnline: isOnlineNow(),
      isHidden: isHiddenNow(),
      unsent: options.store?.load() ?? [],
      ...options.initial,
    });
    this.#shell = new SocketShell({
      url: options.url,
      protocols: options.protocols,
      openSocket: options.openSocket,
      onEvent: (event) => this.#step(toClientEvent(event)),
    });
  }

  start(): void {
    this.#step({ kind: "start" });
  }

  /** Closes for good. */
  stop(): void {
    this.#step({ kind: "stop" });
    clearTimeout(this.#laterTimer);
    this.#shell.dispose();
  }

  snapshot(): Snapshot {
    const { messages, conversation, presence, isLimited } = this.#state;
    const unsent = visibleUnsent(this.#state);
    return { status: computeStatus(this.#state), messages, unsent, conversation, presence, isLimited };
  }

  /** Takes a message into the queue and answers its clientId. */
  send({ clientId = newUuid(), attachments = [], ...message }: OutgoingMessage): string {
    this.#step({ kind: "send", message: { clientId, attachments, createdAt: Date.now(), ...message } });
    return clientId;
  }

  /** Sends a refused message again under its clientId, with a new send guard or none, to the address that is seen now. */
  retry(clientId: string, guard: { readonly ifLastSeq?: number; readonly to?: readonly string[] } = {}): void {
    this.#step({ kind: "retry", clientId, ...guard });
  }

  /** Throws an unsent message away. One that is on its way may have arrived nevertheless. */
  discard(clientId: string): void {
    this.#step({ kind: "discard", clientId });
  }

  /** Call on every key press; it is passed on every 2 s at most. Agents say what they write. */
  typing(channel?: Channel): void {
    this.#step({ kind: "typing", ...(channel !== undefined && { channel }) });
  }

  /** The message with this seq has been on screen. Never goes back; told after a reconnect where it could not be. */
  seen(seq: number): void {
    this.#step({ kind: "seen", seq });
  }

  /** Agents only. Without a connection the newest of each kind is kept and sent later. */
  draft(kind: "reply" | "note", text: string): void {
    this.#step({ kind: "draft", frame: { type: "draft", kind, text } });
  }

  /** Agents only: takes back a queued reply. Does nothing without a connection; the answer is a `delivery` or `rejected`. */
  undo(seq: number): void {
    this.#step({ kind: "undo", seq });
  }

  /** A message of the queue was stored by another way than this socket. */
  settle(clientId: string, message: Message): void {
    this.#step({ kind: "settled", clientId, message });
  }

  /** A message of the queue was refused by another way than this socket. */
  refuse(clientId: string, reason: RejectionReason): void {
    this.#step({ kind: "refused", clientId, reason });
  }

  /** Adds older messages, which were read by HTTP. */
  addMessages(messages: readonly Message[]): void {
    this.#step({ kind: "loaded", messages });
  }

  #step(event: ClientEvent): void {
    const environment = { now: Date.now(), random: Math.random() };
    const { state, effects } = stepClient(this.#state, event, environment, this.#options.isOwn);
    const isChanged = state !== this.#state;
    this.#state = state;
    const notices: Notice[] = [];
    for (const effect of effects) {
      if (effect.kind === "store") this.#options.store?.put(effect.message);
      else if (effect.kind === "unstore") this.#options.store?.remove(effect.clientId);
      else if (effect.kind === "notice") notices.push(effect.notice);
      else this.#shell.run(effect);
    }
    if (isChanged) this.#tellChange();
    // Last, because a listener may call back into this object.
    for (const notice of notices) this.#options.onNotice?.(notice);
  }

  /** Soon; while a long absence is caught up page by page, only now and then: who draws thousands of rows draws them once. */
  #tellChange(): void {
    if (this.#isChangeDue) return;
    const isCatchingUp = this.#state.link.phase.kind === "ready" && !this.#state.isCaughtUp;
    // A clock that was put back must not make anyone wait for it.
    const waitMs = isCatchingUp ? Math.min(CATCH_UP_INTERVAL_MS, this.#toldAt + CATCH_UP_INTERVAL_MS - Date.now()) : 0;
    if (waitMs > 0) {
      this.#laterTimer ??= setTimeout(() => this.#tellNow(), waitMs);
      return;
    }
    this.#isChangeDue = true;
    queueMicrotask(() => this.#tellNow());
  }

  #tellNow(): void {
    clearTimeout(this.#laterTimer);
    this.#laterTimer = undefined;
    this.#isChangeDue = false;
    this.#toldAt = Date.now();
    this.#options.onChange();
  }
}

function toClientEvent(event: ShellEvent<ClientTimer>): ClientEvent {
  return event.kind === "text" ? { kind: "frame", connection: event.connection, frame: parseServerFrame(event.text) } : event;
}
