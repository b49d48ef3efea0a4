/** Everything that anybody may do, once each. A search takes what its question is about. */
import type { Action } from "./model.ts";
import { ADDRESSES, CONVERSATIONS, formOf, mailsOf, otherOf, SESSIONS, type Address, type ConversationName } from "./world.ts";

/** Chats, and the mails that belong to no session. */
const THREADS = CONVERSATIONS.slice(0, 4);
const CHATS = CONVERSATIONS.slice(0, 2);

function* sessionActions(): Generator<Action> {
  for (const session of SESSIONS) {
    for (const what of ["write", "see", "use-token", "end-level", "answer-by-chat", "mail-unseen"] as const)
      yield { do: what, session };
    for (const address of ADDRESSES) {
      yield { do: "give-address", session, address };
      yield { do: "ask-code", session, address };
      for (const by of [...SESSIONS, null]) yield { do: "bring-secret", secret: { session, address, by } };
    }
  }
}

function* mailActions(): Generator<Action> {
  for (const from of ADDRESSES) {
    for (const into of [...CHATS, mailsOf(from), formOf(from)])
      yield { do: "mail", mail: { from, pointer: { by: "nothing", into }, isAutomatic: false } };
    for (const of of CONVERSATIONS) {
      for (const isAutomatic of [false, true]) yield { do: "mail", mail: { from, pointer: { by: "token", of }, isAutomatic } };
      yield { do: "mail", mail: { from, pointer: { by: "reference", of }, isAutomatic: false } };
    }
    yield { do: "form", replyTo: from };
  }
}

function* agentActions(): Generator<Action> {
  for (const where of CONVERSATIONS) {
    for (const seen of ADDRESSES)
      for (const copy of [null, otherOf(seen)]) yield { do: "answer-by-mail", answer: { where, seen, copy } };
    for (const what of ["leave", "take-back", "try-again", "block", "bounce", "complete"] as const) yield { do: what, where };
  }
  for (const where of CHATS) {
    yield { do: "replace-address", where };
    yield { do: "part", where };
  }
  for (const where of THREADS) yield { do: "open-link", where };
  for (const from of THREADS) for (const to of THREADS) if (from !== to) yield { do: "merge", from, to };
  for (const author of ADDRESSES) yield* movesOf(author);
}

function* movesOf(author: Address): Generator<Action> {
  const targets: ConversationName[] = [...CHATS, mailsOf(author)];
  for (const from of CONVERSATIONS) for (const to of targets) if (from !== to) yield { do: "move", move: { from, to, author } };
}

export const ALPHABET: readonly Action[] = [...sessionActions(), ...mailActions(), ...agentActions()];
