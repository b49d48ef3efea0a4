/** Rules of the product with a leak each, as somebody might write them: the comparison must find every one. */
import { addressOfRow } from "../../../../durable-objects/conversation/leaving.ts";
import { decideTyped } from "../../../../durable-objects/conversation/addresses.ts";
import { decideMailMessage } from "../../../../durable-objects/conversation/commands.ts";
import { decideSend } from "../../../../durable-objects/conversation/core.ts";
import type { Effect, Turn } from "../../../../durable-objects/conversation/effects.ts";
import { decideReceiveMail } from "../../../../durable-objects/conversation/intake.ts";
import { decideMoveIn } from "../../../../durable-objects/conversation/moves.ts";
import type { Audience } from "../../../../durable-objects/conversation/protocol.ts";
import { decideSession } from "../../../../durable-objects/conversation/sessions.ts";
import { replyAddressOf, type ConversationState } from "../../../../durable-objects/conversation/state.ts";
import { decideUnseen } from "../../../../durable-objects/conversation/unseen.ts";
import { RULES_OF_PRODUCT, type PlayedRules } from "./played-rules.ts";

interface Leak {
  /** How the last line of the story reads in which it is found. */
  told: RegExp;
  rules: PlayedRules;
}

export const PLANTED_LEAKS: Readonly<Record<string, Leak>> = {
  "a mail that is moved in is for its author": {
    told: /is shown word-\d+|a mail carries word-\d+/,
    rules: withRules({
      decideMoveIn: (turn, input) => {
        const [part] = input.parts;
        return widenedBy(decideMoveIn(turn, input), forAddress(part?.message.mail?.from?.address));
      },
    }),
  },
  "a mail that is moved in is for whoever the conversation is with": {
    told: /is shown word-\d+|a mail carries word-\d+/,
    rules: withRules({
      decideMoveIn: (turn, input) => widenedBy(decideMoveIn(turn, input), forAddress(replyAddressOf(turn.state))),
    }),
  },
  "a mail that is moved in is for the browser that began the chat": {
    told: /is shown word-\d+/,
    rules: withRules({
      decideMoveIn: (turn, input) => widenedBy(decideMoveIn(turn, input), forBeginner(turn.state)),
    }),
  },
  "a mail that comes in is for whoever the conversation is with": {
    told: /is shown word-\d+|a mail carries word-\d+/,
    rules: withRules({
      decideReceiveMail: (turn, mail) => widenedBy(decideReceiveMail(turn, mail), forAddress(replyAddressOf(turn.state))),
    }),
  },
  "a mail that leaves goes where replies go by then": {
    told: /a mail left|a mail goes to/,
    rules: withRules({
      addressOfRow: (row, state, message) => replyAddressOf(state) ?? addressOfRow(row, state, message),
    }),
  },
  "a mail that is tried again goes where replies go by then": {
    told: /a mail left/,
    rules: withRules({ decideMailMessage: (turn, seq) => decideMailMessage(turn, seq, replyAddressOf(turn.state)) }),
  },
  "a reply goes where replies go by then, whatever its agent saw": {
    told: /taken, and may not be/,
    rules: withRules({ decideSend: (turn, { to: _seen, ...request }) => decideSend(turn, request) }),
  },
  "unseen replies go where replies go": {
    told: /a mail left|a mail goes to/,
    rules: withRules({
      decideUnseen: (turn, replies) => {
        const email = replyAddressOf(turn.state);
        return decideUnseen(email === null ? turn : withGivenLast(turn, email), replies);
      },
      addressOfRow: (row, state, message) =>
        message.channel === "chat" ? replyAddressOf(state) : addressOfRow(row, state, message),
    }),
  },
  "what is typed replaces an address that was mailed": {
    told: /the address of chat \d is/,
    rules: withRules({
      decideTyped: (turn, typed) => decideTyped({ ...turn, state: { ...turn.state, correspondents: [] } }, typed),
    }),
  },
  "chat is for the address that was typed": {
    told: /is shown word-\d+|a mail carries/,
    rules: withRules({
      decideSend: (turn, request) => {
        const outcome = decideSend(turn, request);
        if (outcome.kind !== "stored" || request.channel !== "chat") return outcome;
        return widenedBy(outcome, forAddress(turn.state.beginner?.given.at(-1)));
      },
    }),
  },
  "another session's secret confirms": {
    told: /is shown|is not shown|a mail left|an old token/,
    rules: withRules({
      decideSession: (turn, claim, command) =>
        decideSession(turn, claim, command.kind === "confirm" ? { ...command, sessionId: turn.state.id } : command),
    }),
  },
  "a transcript holds what stands above": {
    told: /a mail carries word-\d+|a mail carries first-of/,
    rules: withRules({ mayTravelTo: () => true }),
  },
};

function withRules(replaced: Partial<PlayedRules>): PlayedRules {
  return { ...RULES_OF_PRODUCT, ...replaced };
}

/** What is stored as new is for these, too. */
function widenedBy<T extends { effects: Effect[] }>(outcome: T, { sessions, addresses }: Audience): T {
  const effects = outcome.effects.map((effect) => {
    if (effect.kind !== "insert") return effect;
    const before = effect.message.for ?? { sessions: [], addresses: [] };
    const wider = { sessions: [...before.sessions, ...sessions], addresses: [...before.addresses, ...addresses] };
    return { ...effect, message: { ...effect.message, for: wider } };
  });
  return { ...outcome, effects };
}

function forAddress(email: string | null | undefined): Audience {
  return { sessions: [], addresses: typeof email === "string" ? [email] : [] };
}

function forBeginner({ beginner }: ConversationState): Audience {
  return { sessions: beginner === null ? [] : [beginner.id], addresses: [] };
}

function withGivenLast(turn: Turn, email: string): Turn {
  const { state } = turn;
  return state.beginner === null ? turn : { ...turn, state: { ...state, beginner: { ...state.beginner, given: [email] } } };
}
