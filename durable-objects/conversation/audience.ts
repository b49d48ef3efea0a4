/**
 * Whom a message is for: decided when it is stored, by names of sessions and addresses, and asked by everything that
 * leaves for somebody who is no agent (A16). What a session is sent is what names it, and what is for the address that it
 * is confirmed for; nothing else. Pure.
 */
import { confirmedAddressOf } from "./sessions.ts";
import type { Audience, Message } from "./protocol.ts";
import type { ConversationState } from "./state.ts";

/** Who looks at a conversation. */
export type Viewer =
  | { kind: "agent" }
  | {
      kind: "session";
      id: string;
      /** The one address that it is confirmed for, if any. */
      confirmedFor: string | null;
    };

export const AGENTS_ONLY: Audience = { sessions: [], addresses: [] };
export const AGENT_VIEWER: Viewer = { kind: "agent" };

export function isFor(message: Pick<Message, "for">, viewer: Viewer): boolean {
  if (viewer.kind === "agent") return true;
  const { sessions, addresses } = message.for ?? AGENTS_ONLY;
  return sessions.includes(viewer.id) || (viewer.confirmedFor !== null && addresses.includes(viewer.confirmedFor));
}

/** The browser that began the chat, as it may look now; null where none did. */
export function beginnerViewer(state: ConversationState, now: number): Viewer | null {
  const { beginner } = state;
  return beginner === null ? null : { kind: "session", id: beginner.id, confirmedFor: confirmedAddressOf(beginner, now) };
}

/** Of a chat message, whoever writes it: for who began the chat, and for the address that they are confirmed for now. */
export function audienceOfChat(state: ConversationState, now: number): Audience {
  const { beginner } = state;
  // Where nobody began a chat it reaches its reader by mail.
  if (beginner === null) return { sessions: [], addresses: state.address === null ? [] : [state.address.email] };
  const confirmed = confirmedAddressOf(beginner, now);
  return { sessions: [beginner.id], addresses: confirmed === null ? [] : [confirmed] };
}

/** Of a mail that has come in: for its author where replies go to them now, else for agents. */
export function audienceOfMail(state: Pick<ConversationState, "address">, from: string | undefined): Audience {
  return from !== undefined && state.address?.email === from ? { sessions: [], addresses: [from] } : AGENTS_ONLY;
}

/** Of a reply by mail: for those whom it goes to, and nobody else. */
export function audienceOfReply(recipients: readonly string[]): Audience {
  return { sessions: [], addresses: [...recipients] };
}

/**
 * Whether a message may stand in a transcript that goes to these people: what is for the address, and the chat of the
 * browser who gave that address, or what was written in the form that named it; of several people only what is for all.
 */
export function mayTravelTo(
  message: Message,
  recipients: readonly string[],
  { beginner, address }: Pick<ConversationState, "beginner" | "address">,
): boolean {
  const { sessions, addresses } = message.for ?? AGENTS_ONLY;
  const [only] = recipients;
  if (recipients.every((recipient) => addresses.includes(recipient))) return recipients.length > 0;
  if (recipients.length > 1 || only === undefined) return false;
  if (message.mail?.form !== undefined) return address?.by === "form" && address.email === only;
  return beginner !== null && sessions.includes(beginner.id) && beginner.given.at(-1) === only;
}

/** What was for a session is for this address, too: the one widening there is, when a session has confirmed it. */
export function widened(audience: Audience | undefined, sessionId: string, email: string): Audience {
  const { sessions, addresses } = audience ?? AGENTS_ONLY;
  if (!sessions.includes(sessionId) || addresses.includes(email)) return { sessions, addresses };
  return { sessions, addresses: [...addresses, email] };
}
