/**
 * The reconnecting client of the agents' list.
 *
 *     const socket = new InboxSocket({
 *       url: "wss://HOST/api/inbox/socket",
 *       protocols: ["hilo.v1"],
 *       onChanged: (conversation) => { … },      // a list item; put it in place where its revision is not older
 *       onPresence: (presence) => { … },
 *       onGap: () => { … },                      // deltas were missed: read the list again by HTTP
 *       onStatus: (status) => { … },             // "connecting" | "up-to-date" | "reconnecting" | "offline" | "stopped"
 *     });
 *     socket.start();
 *     socket.stop();
 *
 * The first `welcome` also calls `onGap` unless `revision` was given with the list that is on screen: a list that was
 * read before the socket was open may be older than the socket. Deltas that arrive while the list is being read are
 * handed over as ever; whoever merges compares `conversation.revision`.
 */
import type { Conversation } from "../../durable-objects/conversation/protocol.ts";
import type { InboxServerFrame, ListRevision } from "../../durable-objects/inbox/protocol.ts";
import { parseInboxServerFrame } from "./frame-guard.ts";
import {
  type InboxEvent,
  type InboxStatus,
  type InboxState,
  computeInboxStatus,
  initialInbox,
  stepInbox,
} from "./inbox-client.ts";
import type { LinkTimer } from "./link.ts";
import { type OpenSocket, type ShellEvent, SocketShell, isHiddenNow, isOnlineNow } from "./socket-shell.ts";

export type { InboxStatus } from "./inbox-client.ts";
type InboxPresence = Omit<Extract<InboxServerFrame, { type: "presence" }>, "type">;

interface InboxSocketOptions {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly revision?: ListRevision | null;
  readonly onChanged: (conversation: Conversation) => void;
  readonly onPresence: (presence: InboxPresence) => void;
  /** Mails that wait for a person have become more or fewer. */
  readonly onLedger?: () => void;
  /** What the owner is told of limits has changed. */
  readonly onNotices?: () => void;
  readonly onGap: () => void;
  readonly onStatus: (status: InboxStatus) => void;
  /** For tests. */
  readonly openSocket?: OpenSocket;
}

export class InboxSocket {
  readonly #options: InboxSocketOptions;
  readonly #shell: SocketShell<LinkTimer>;
  #state: InboxState;

  constructor(options: InboxSocketOptions) {
    this.#options = options;
    this.#state = initialInbox({ isOnline: isOnlineNow(), isHidden: isHiddenNow() }, options.revision ?? null);
    this.#shell = new SocketShell({
      url: options.url,
      protocols: options.protocols,
      openSocket: options.openSocket,
      onEvent: (event) => this.#step(toInboxEvent(event)),
    });
  }

  get status(): InboxStatus {
    return computeInboxStatus(this.#state);
  }

  start(): void {
    this.#step({ kind: "start" });
  }

  stop(): void {
    this.#step({ kind: "stop" });
    this.#shell.dispose();
  }

  #step(event: InboxEvent): void {
    const before = this.status;
    const { state, effects } = stepInbox(this.#state, event, { now: Date.now(), random: Math.random() });
    this.#state = state;
    const { onChanged, onPresence, onLedger, onNotices, onGap, onStatus } = this.#options;
    for (const effect of effects) {
      if (effect.kind === "changed") onChanged(effect.conversation);
      else if (effect.kind === "presence") onPresence(effect.presence);
      else if (effect.kind === "ledger") onLedger?.();
      else if (effect.kind === "notices") onNotices?.();
      else if (effect.kind === "gap") onGap();
      else this.#shell.run(effect);
    }
    if (this.status !== before) onStatus(this.status);
  }
}

function toInboxEvent(event: ShellEvent<LinkTimer>): InboxEvent {
  return event.kind === "text"
    ? { kind: "frame", connection: event.connection, frame: parseInboxServerFrame(event.text) }
    : event;
}
