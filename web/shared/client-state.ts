/** What a client knows of one conversation, and the events, effects and notices of its state machine: data only. */
import type {
  Channel,
  ClientFrame,
  Conversation,
  Message,
  Presence,
  RejectionReason,
  ServerFrame,
  VisitorConversation,
} from "../../durable-objects/conversation/protocol.ts";
import { type Link, type LinkEffect, type LinkEvent, type LinkTimer, type StopReason, initialLink } from "./link.ts";
import { mergeMessages } from "./message-list.ts";
import type { UnsentMessage } from "./unsent-store.ts";

export type ClientTimer = LinkTimer | "acknowledgement" | "send-again";

/** What is true of the screen, with the number of messages that no server has acknowledged. */
export type ConnectionStatus =
  | { readonly kind: "connecting"; readonly unsent: number }
  | { readonly kind: "up-to-date"; readonly unsent: number }
  | { readonly kind: "reconnecting"; readonly unsent: number }
  | { readonly kind: "offline"; readonly unsent: number }
  | { readonly kind: "stopped"; readonly reason: StopReason; readonly unsent: number };

export type AnyConversation = Conversation | VisitorConversation;
export type DraftFrame = Extract<ClientFrame, { type: "draft" }>;

export interface ClientState {
  readonly link: Link;
  /** Ascending by `seq`, each once. */
  readonly messages: readonly Message[];
  /** Everything up to here has been received; what `hello` names. */
  readonly lastSeq: number;
  /** What is older is read by HTTP, page by page: alone it would leave a hole that nobody fills. */
  readonly firstSeq: number;
  /** Known messages that `hello` asks for again where they may have changed while nobody listened. */
  readonly overlap: number;
  readonly mayBeStale: boolean;
  readonly isCaughtUp: boolean;
  /** In the order of their making; refused ones carry a `failure`. */
  readonly unsent: readonly UnsentMessage[];
  /** The one that has been sent on this connection and not been answered. */
  readonly inFlight: string | null;
  /** Unacknowledged ones that an earlier connection, or page, may have delivered already. */
  readonly maybeStored: readonly string[];
  /** Own messages that look like one of those: while its acknowledgement is awaited, the unsent copy is not shown. */
  readonly hiddenUnsent: readonly string[];
  readonly conversation: AnyConversation | null;
  readonly presence: Presence | null;
  /** It was a lot at once: what is unsent goes out later. */
  readonly isLimited: boolean;
  readonly seenSeq: number;
  readonly typingSentAt: number;
  /** The newest draft of each kind that was written without a connection. */
  readonly draftsToSend: readonly DraftFrame[];
}

export type ClientEvent =
  | Exclude<LinkEvent, { kind: "timer" } | { kind: "heard" } | { kind: "welcomed" } | { kind: "broken" }>
  | { readonly kind: "timer"; readonly name: ClientTimer }
  /** `null`: a `pong`, or a frame that this version does not know. */
  | { readonly kind: "frame"; readonly connection: number; readonly frame: ServerFrame | null }
  | { readonly kind: "send"; readonly message: UnsentMessage }
  | { readonly kind: "retry"; readonly clientId: string; readonly ifLastSeq?: number; readonly to?: readonly string[] }
  | { readonly kind: "discard"; readonly clientId: string }
  | { readonly kind: "typing"; readonly channel?: Channel }
  | { readonly kind: "seen"; readonly seq: number }
  | { readonly kind: "draft"; readonly frame: DraftFrame }
  | { readonly kind: "undo"; readonly seq: number }
  /** The server has taken, or will not have, a message that went to it by HTTP. */
  | { readonly kind: "settled"; readonly clientId: string; readonly message: Message }
  | { readonly kind: "refused"; readonly clientId: string; readonly reason: RejectionReason }
  /** Older messages, read by HTTP. */
  | { readonly kind: "loaded"; readonly messages: readonly Message[] };

/** What the user of the client may want to know beyond the state itself. */
export type Notice =
  | { readonly kind: "acknowledged"; readonly clientId: string; readonly message: Message }
  | { readonly kind: "refused"; readonly clientId: string | null; readonly reason: RejectionReason; readonly detail?: string }
  /** New to this client and not its own sending; `isLive` is false for what a catch-up brought. */
  | { readonly kind: "received"; readonly messages: readonly Message[]; readonly isLive: boolean }
  /** Caught up after a loss. */
  | { readonly kind: "resumed" }
  | { readonly kind: "frame"; readonly frame: ServerFrame };

export type ClientEffect =
  | LinkEffect<ClientTimer>
  | { readonly kind: "store"; readonly message: UnsentMessage }
  | { readonly kind: "unstore"; readonly clientId: string }
  | { readonly kind: "notice"; readonly notice: Notice };

interface InitialClient {
  readonly isOnline: boolean;
  readonly isHidden: boolean;
  /** Known already: the newest page, read by HTTP or kept from before. `hello` continues after its last. */
  readonly messages?: readonly Message[];
  readonly conversation?: AnyConversation | null;
  /** How many of them `hello` asks for again after a loss, because their delivery may have changed. */
  readonly overlap?: number;
  /** They may have changed already. */
  readonly mayBeStale?: boolean;
  /** What an earlier page load left unsent. */
  readonly unsent?: readonly UnsentMessage[];
}

export function initialClient(options: InitialClient): ClientState {
  const messages = mergeMessages([], options.messages ?? []);
  const unsent = options.unsent ?? [];
  return {
    link: initialLink(options),
    messages,
    lastSeq: messages.at(-1)?.seq ?? 0,
    firstSeq: messages[0]?.seq ?? 0,
    overlap: options.overlap ?? 0,
    mayBeStale: options.mayBeStale ?? false,
    isCaughtUp: false,
    unsent,
    inFlight: null,
    maybeStored: unsent.map(({ clientId }) => clientId),
    hiddenUnsent: [],
    conversation: options.conversation ?? null,
    presence: null,
    isLimited: false,
    seenSeq: 0,
    typingSentAt: 0,
    draftsToSend: [],
  };
}

export function computeStatus({ link, isCaughtUp, unsent: { length: unsent } }: ClientState): ConnectionStatus {
  if (link.phase.kind === "stopped") return { kind: "stopped", reason: link.phase.reason, unsent };
  if (link.phase.kind === "ready" && isCaughtUp) return { kind: "up-to-date", unsent };
  if (!link.isOnline) return { kind: "offline", unsent };
  return { kind: link.hasBeenReady || link.attempt > 0 ? "reconnecting" : "connecting", unsent };
}

/** The unsent messages to show below the others. */
export function visibleUnsent(state: ClientState): readonly UnsentMessage[] {
  return state.unsent.filter(({ clientId }) => !state.hiddenUnsent.includes(clientId));
}
