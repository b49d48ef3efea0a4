/** What has happened before a search begins, where that brings it further than the first message does. */
import type { Action } from "./model.ts";
import { mailsOf, type Address, type ConversationName, type SessionName } from "./world.ts";

const gives = (session: SessionName, address: Address): Action => ({ do: "give-address", session, address });
const writes = (session: SessionName): Action => ({ do: "write", session });
const answered = (session: SessionName): Action => ({ do: "answer-by-chat", session });
const merged = (from: ConversationName, to: ConversationName): Action => ({ do: "merge", from, to });
const mails = (from: Address, into: ConversationName = mailsOf(from)): Action => ({
  do: "mail",
  mail: { from, pointer: { by: "nothing", into }, isAutomatic: false },
});

/** Gives an address, asks for a code, types it, and uses the token that this made. */
function confirmed(session: SessionName, address: Address): Action[] {
  return [
    gives(session, address),
    { do: "ask-code", session, address },
    { do: "bring-secret", secret: { session, address, by: session } },
    { do: "use-token", session },
  ];
}

function answeredByMail(where: ConversationName, seen: Address): Action[] {
  return [
    { do: "answer-by-mail", answer: { where, seen, copy: null } },
    { do: "leave", where },
  ];
}

export const FIRST: readonly Action[] = [];
export const CONFIRMED: readonly Action[] = confirmed("A", "vera@");

export const SCENES = {
  "a mail of ours went to the address that A typed": [gives("A", "vera@"), ...answeredByMail("chat 1", "vera@")],
  "the one whose address A typed writes by mail, and A says another": [
    gives("A", "vera@"),
    mails("vera@", "chat 1"),
    gives("A", "eve@"),
  ],
  "the mails of the one whose address A typed were somebody else's": [
    answered("A"),
    gives("A", "vera@"),
    mails("vera@", "chat 1"),
    { do: "part", where: "chat 1" },
  ],
  "a reply failed, for A has said another address": [
    gives("A", "vera@"),
    ...answeredByMail("chat 1", "vera@").slice(0, 1),
    gives("A", "eve@"),
    { do: "leave", where: "chat 1" },
  ],
  "vera@ has mails, and both chats typed it": [mails("vera@"), gives("A", "vera@"), gives("B", "vera@")],
  "A is confirmed and has its mails": [...CONFIRMED, mails("vera@", "chat 1")],
  "A is confirmed, and a stranger's mail is there too": [
    ...CONFIRMED,
    mails("vera@", "chat 1"),
    mails("eve@"),
    { do: "move", move: { author: "eve@", from: mailsOf("eve@"), to: "chat 1" } },
  ],
  "A was confirmed for one address, then for the other, and says the first again": [
    ...CONFIRMED,
    ...confirmed("A", "eve@"),
    writes("A"),
    gives("A", "vera@"),
  ],
  "A was confirmed for one address, for the other, and for the first again": [
    ...CONFIRMED,
    ...confirmed("A", "eve@"),
    writes("A"),
    gives("A", "vera@"),
    { do: "bring-secret", secret: { session: "A", address: "vera@", by: "A" } },
    { do: "use-token", session: "A" },
  ],
  "A was confirmed for one address, and twice for the other": [
    ...CONFIRMED,
    ...confirmed("A", "eve@"),
    { do: "bring-secret", secret: { session: "A", address: "eve@", by: "A" } },
    { do: "use-token", session: "A" },
  ],
  "what A was told went out by mail": [
    answered("A"),
    gives("A", "vera@"),
    { do: "mail-unseen", session: "A" },
    { do: "leave", where: "chat 1" },
    answered("A"),
  ],
  "two mails of unseen replies were written, and one was taken back": [
    answered("A"),
    gives("A", "vera@"),
    { do: "mail-unseen", session: "A" },
    { do: "take-back", where: "chat 1" },
    { do: "mail-unseen", session: "A" },
  ],
  "two beginners are in one conversation, and the one who came is confirmed": [
    gives("A", "vera@"),
    merged("chat 2", "chat 1"),
    ...confirmed("B", "vera@"),
  ],
  "a chat was merged into the mails of its address": [
    gives("A", "vera@"),
    mails("vera@", "chat 1"),
    mails("eve@"),
    merged("chat 1", "mails of eve@"),
  ],
  "somebody has the live link of a mail to a confirmed beginner": [
    ...CONFIRMED,
    ...answeredByMail("chat 1", "vera@"),
    { do: "open-link", where: "chat 1" },
  ],
  "somebody has the live link of a mail": [
    mails("vera@"),
    ...answeredByMail("mails of vera@", "vera@"),
    { do: "open-link", where: "mails of vera@" },
  ],
  "a form named the address that A typed": [
    { do: "form", replyTo: "vera@" },
    gives("A", "vera@"),
    ...answeredByMail("form of vera@", "vera@"),
  ],
} as const satisfies Readonly<Record<string, readonly Action[]>>;
