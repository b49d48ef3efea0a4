/** What the panel shows of a session, and what is shown while there is none. */
import type { Message, Presence, VisitorConversation } from "../../durable-objects/conversation/protocol.ts";
import type { ConnectionStatus, UnsentMessage } from "../shared/conversation-socket.ts";

export interface SessionView {
  readonly status: ConnectionStatus;
  readonly messages: readonly Message[];
  readonly unsent: readonly UnsentMessage[];
  readonly conversation: VisitorConversation | null;
  readonly presence: Presence | null;
  /** It was a lot at once: what was written goes out later, by itself. */
  readonly isLimited: boolean;
  /** An address is known, or has been given just now. */
  readonly hasEmail: boolean;
  /** The conversation that this device knew is not open to it any more. */
  readonly isEnded: boolean;
}

/** Before the session's code is there: what waits in this device's storage. */
export function viewWithoutSession(unsent: readonly UnsentMessage[], isInTrouble: boolean): SessionView {
  const kind = isInTrouble ? "reconnecting" : "up-to-date";
  return {
    status: { kind, unsent: unsent.length },
    messages: [],
    unsent,
    conversation: null,
    presence: null,
    isLimited: false,
    hasEmail: false,
    isEnded: false,
  };
}
