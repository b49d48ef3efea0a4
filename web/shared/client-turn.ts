/** The working place of one event: the state so far, the effects so far, and the few moves that all handlers share. */
import type { ClientFrame, Message } from "../../durable-objects/conversation/protocol.ts";
import type { ClientEffect, ClientState, Notice } from "./client-state.ts";
import { type Environment, type LinkEvent, isConnected, stepLink } from "./link.ts";

/** One event's work: a copy of the state, changed in place, and the effects so far. Lives for one call of `stepClient`. */
export interface Turn {
  readonly state: { -readonly [K in keyof ClientState]: ClientState[K] };
  readonly effects: ClientEffect[];
  readonly environment: Environment;
  readonly isOwn: (message: Message) => boolean;
}

export const isReady = (state: ClientState): boolean => state.link.phase.kind === "ready";

export function transmit(turn: Turn, frame: ClientFrame): void {
  turn.effects.push({ kind: "transmit", text: JSON.stringify(frame) });
}

export function notify(turn: Turn, notice: Notice): void {
  turn.effects.push({ kind: "notice", notice });
}

/** Hands an event to the link and does what follows from where it went. */
export function stepLinkOf(turn: Turn, event: LinkEvent): void {
  const { state } = turn;
  const before = state.link;
  const { link, effects } = stepLink(before, event, turn.environment);
  state.link = link;
  turn.effects.push(...effects);
  if (isConnected(before) && !isConnected(link)) {
    if (state.inFlight !== null) state.maybeStored = [...state.maybeStored, state.inFlight];
    state.isCaughtUp = false;
    state.mayBeStale = true;
    state.inFlight = null;
    turn.effects.push({ kind: "clear-timer", name: "acknowledgement" }, { kind: "clear-timer", name: "send-again" });
  }
  if (before.phase.kind === "opening" && link.phase.kind === "greeting") {
    // By the socket, not by HTTP: what comes in its order can't be older than what has come before.
    const lastSeq = state.mayBeStale ? Math.max(0, state.lastSeq - state.overlap) : state.lastSeq;
    transmit(turn, { type: "hello", lastSeq, isHidden: link.isHidden });
  }
}
