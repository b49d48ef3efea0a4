/**
 * The agents' list socket as a pure state machine on top of `link.ts`. Revisions are opaque but for one rule: the next
 * delta has the same `epoch` and `n + 1`. Anything else is a gap, and the list must be read again.
 */
import type { Conversation } from "../../durable-objects/conversation/protocol.ts";
import type { InboxServerFrame, ListRevision } from "../../durable-objects/inbox/protocol.ts";
import { type Environment, type Link, type LinkEffect, type LinkEvent, initialLink, isConnected, stepLink } from "./link.ts";

export type InboxStatus = "connecting" | "up-to-date" | "reconnecting" | "offline" | "stopped";
type PresenceFields = Omit<Extract<InboxServerFrame, { type: "presence" }>, "type">;

export interface InboxState {
  readonly link: Link;
  /** The last revision that was seen; `null` before the first. */
  readonly revision: ListRevision | null;
}

export type InboxEvent =
  | Exclude<LinkEvent, { kind: "heard" } | { kind: "welcomed" } | { kind: "broken" }>
  | { readonly kind: "frame"; readonly connection: number; readonly frame: InboxServerFrame | null };

export type InboxEffect =
  | LinkEffect
  | { readonly kind: "changed"; readonly conversation: Conversation }
  | { readonly kind: "presence"; readonly presence: PresenceFields }
  | { readonly kind: "ledger" }
  | { readonly kind: "notices" }
  | { readonly kind: "gap" };

interface InboxStep {
  readonly state: InboxState;
  readonly effects: readonly InboxEffect[];
}

export function initialInbox(
  browser: { readonly isOnline: boolean; readonly isHidden: boolean },
  revision: ListRevision | null,
): InboxState {
  return { link: initialLink(browser), revision };
}

export function computeInboxStatus({ link }: InboxState): InboxStatus {
  if (link.phase.kind === "stopped") return "stopped";
  if (link.phase.kind === "ready") return "up-to-date";
  if (!link.isOnline) return "offline";
  return link.hasBeenReady || link.attempt > 0 ? "reconnecting" : "connecting";
}

const follows = (next: ListRevision, known: ListRevision | null): boolean =>
  known !== null && next.epoch === known.epoch && next.n === known.n + 1;

const isSame = (a: ListRevision, b: ListRevision | null): boolean => b !== null && a.epoch === b.epoch && a.n === b.n;

function handleFrame(state: InboxState, frame: InboxServerFrame, environment: Environment): InboxStep {
  switch (frame.type) {
    case "welcome": {
      const { link, effects } = stepLink(state.link, { kind: "welcomed" }, environment);
      const gap: readonly InboxEffect[] = isSame(frame.revision, state.revision) ? [] : [{ kind: "gap" }];
      return {
        state: { link, revision: frame.revision },
        effects: [...effects, { kind: "presence", presence: { agents: frame.agents } }, ...gap],
      };
    }
    case "changed": {
      // A delta that is known already, sent again after a resume.
      const isRepeat = state.revision?.epoch === frame.revision.epoch && frame.revision.n <= state.revision.n;
      const gap: readonly InboxEffect[] = isRepeat || follows(frame.revision, state.revision) ? [] : [{ kind: "gap" }];
      return {
        state: isRepeat ? state : { ...state, revision: frame.revision },
        effects: [{ kind: "changed", conversation: frame.conversation }, ...gap],
      };
    }
    case "presence": {
      const { type: _type, ...presence } = frame;
      return { state, effects: [{ kind: "presence", presence }] };
    }
    case "ledger":
      return { state, effects: [{ kind: "ledger" }] };
    case "notices":
      return { state, effects: [{ kind: "notices" }] };
    case "rejected":
      return { state, effects: [] };
  }
}

/** Decides what one event means for the list. */
export function stepInbox(state: InboxState, event: InboxEvent, environment: Environment): InboxStep {
  if (event.kind === "frame") {
    if (event.connection !== state.link.connection || !isConnected(state.link)) return { state, effects: [] };
    const heard = stepLink(state.link, { kind: "heard", connection: event.connection }, environment);
    const next = { ...state, link: heard.link };
    if (!event.frame) return { state: next, effects: heard.effects };
    const handled = handleFrame(next, event.frame, environment);
    return { state: handled.state, effects: [...heard.effects, ...handled.effects] };
  }
  const { link, effects } = stepLink(state.link, event, environment);
  if (state.link.phase.kind !== "opening" || link.phase.kind !== "greeting") return { state: { ...state, link }, effects };
  const hello = JSON.stringify({ type: "hello", revision: state.revision });
  return { state: { ...state, link }, effects: [...effects, { kind: "transmit", text: hello }] };
}
