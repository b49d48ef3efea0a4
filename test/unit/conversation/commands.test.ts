import { describe, expect, test } from "vitest";
import {
  decideAskToConfirm,
  decideAssign,
  decideAutomatic,
  decideBlocked,
  decideContact,
  decideMailMessage,
  decideRead,
  decideShutOut,
  decideStatus,
  decideStopCodes,
  decideUndo,
} from "../../../durable-objects/conversation/commands.ts";
import type { Effect, Turn } from "../../../durable-objects/conversation/effects.ts";
import type { Delivery } from "../../../durable-objects/conversation/protocol.ts";
import { isRefused, isShutOut, isStopped, type Beginner } from "../../../durable-objects/conversation/sessions.ts";
import type { ConversationState } from "../../../durable-objects/conversation/state.ts";
import {
  NOW,
  SESSION,
  aBeginner,
  aMailState,
  aMessage,
  aState,
  aTurn,
  ana,
  anAddress,
  uuid,
} from "../../support/conversation-builders.ts";

const stateOf = (effects: Effect[]) => effects.find((effect) => effect.kind === "state")?.state;
const eventOf = (effects: Effect[]) => effects.find((effect) => effect.kind === "event")?.event;
const CARLA = "carla@customer.test";
const carla = { id: uuid(2), name: "Carla", email: CARLA };
const toCarla = { sessions: [], addresses: [CARLA] };

function turnWith(over: Parameters<typeof aMessage>[0]) {
  return aTurn(aState(), [["k", aMessage({ seq: 3, author: ana, ...over })]]);
}

describe("[C8] read and status", () => {
  test("[T16] reading goes forward only, and not past what exists", () => {
    const turn = aTurn(aState({ lastSeq: 5, readSeq: 3 }));
    expect(decideRead(turn, 3)).toEqual([]);
    expect(decideRead(turn, 1)).toEqual([]);
    expect(stateOf(decideRead(turn, 4))).toMatchObject({ readSeq: 4, revision: 1 });
    expect(stateOf(decideRead(turn, 99))).toMatchObject({ readSeq: 5 });
  });

  test("completing reads everything; reopening does not make unread; the same status again is nothing", () => {
    const open = aTurn(aState({ lastSeq: 5, lastInboundSeq: 5 }));
    const completed = decideStatus(open, "complete", ana);
    expect(stateOf(completed)).toMatchObject({ status: "complete", readSeq: 5, revision: 1 });
    expect(eventOf(completed)).toEqual({ at: NOW, afterSeq: 5, kind: "completed", actor: ana });
    const complete = aTurn(aState({ status: "complete", lastSeq: 5, readSeq: 5 }));
    expect(stateOf(decideStatus(complete, "open", ana))).toMatchObject({ status: "open", readSeq: 5 });
    expect(decideStatus(open, "open", ana)).toEqual([]);
  });
});

describe("[C7] assignment", () => {
  test("to somebody, to nobody, and to the same is nothing", () => {
    const owned = aTurn(aState({ assignee: { id: "ana", name: "Ana" } }));
    expect(decideAssign(owned, { id: "ana", name: "Renamed" }, ana)).toEqual([]);
    expect(stateOf(decideAssign(owned, null, ana))).toMatchObject({ assignee: null, revision: 1 });
    expect(eventOf(decideAssign(owned, null, ana))).toEqual({ at: NOW, afterSeq: 0, kind: "unassigned", actor: ana });
    expect(eventOf(decideAssign(aTurn(), { id: "ben", name: "Ben" }, ana))).toMatchObject({
      kind: "assigned",
      subject: { id: "ben", name: "Ben" },
    });
    expect(decideAssign(aTurn(), null, ana)).toEqual([]);
  });
});

describe("[C10] who it is", () => {
  const known = aState({ contact: carla, address: anAddress(CARLA) });

  test("what the address book says is taken once, and changes no address", () => {
    const effects = decideContact(aTurn(aState({ address: anAddress(CARLA), unresolved: { email: CARLA } })), carla);
    expect(stateOf(effects)).toMatchObject({ contact: carla, unresolved: null, address: anAddress(CARLA) });
    expect(eventOf(effects)).toMatchObject({ kind: "contact", subject: { name: CARLA } });
    expect(decideContact(aTurn(known), { ...carla })).toEqual([]);
    expect(stateOf(decideContact(aTurn(known), { ...carla, name: "C." }))).toMatchObject({ contact: { name: "C." } });
    const asked = aState({ contact: carla, address: anAddress(CARLA), unresolved: { email: CARLA } });
    expect(stateOf(decideContact(aTurn(asked), { ...carla }))).toMatchObject({ unresolved: null });
  });

  test("[T4] replies follow the contact's address where an agent puts it right, and nobody has shown that the new one is theirs", () => {
    const corrected = { ...carla, email: "karla@customer.test" };
    const chat = aState({ ...known, beginner: aBeginner({ confirmed: { email: CARLA, usedAt: NOW } }), claimed: "c@other.test" });
    expect(stateOf(decideContact(aTurn(chat), corrected, CARLA))).toMatchObject({
      contact: corrected,
      address: { email: "karla@customer.test", by: "agent", hasOthers: null },
      claimed: null,
      beginner: { confirmed: { email: CARLA } },
    });
    // Replies went to somebody else's address: there they go on.
    const other = aState({ contact: carla, address: anAddress("c@work.test") });
    expect(stateOf(decideContact(aTurn(other), corrected, CARLA))).toMatchObject({ address: anAddress("c@work.test") });
  });

  test("[T4] a conversation with another address of theirs keeps it, whatever is changed in the address book", () => {
    const atWork = { ...carla, email: "c@work.test" };
    const mails = aMailState({ contact: atWork, address: anAddress("c@work.test", { by: "mail" }) });
    expect(decideContact(aTurn(mails), carla)).toEqual([]);
    expect(stateOf(decideContact(aTurn(mails), { ...carla, name: "C." }))).toMatchObject({
      contact: { ...atWork, name: "C." },
      address: { email: "c@work.test", by: "mail" },
    });
    expect(decideContact(aTurn(mails), { ...carla, email: "karla@customer.test" }, CARLA)).toEqual([]);
  });

  test("a conversation without an address takes the contact's", () => {
    expect(stateOf(decideContact(aTurn(aMailState()), carla))).toMatchObject({ address: { email: CARLA, hasOthers: null } });
    expect(stateOf(decideContact(aTurn(aMailState()), { ...carla, email: null }))).toMatchObject({ address: null });
  });
});

describe("[T5] blocking", () => {
  test("refuses the browser that began the chat and sends it away; unblocking lets it in again", () => {
    const code = { email: CARLA, hash: "hash", expiresAt: NOW + 1, tries: 0 };
    const waiting = aState({ beginner: aBeginner({ code, pending: { email: CARLA, generation: 2 } }) });
    const effects = decideBlocked(aTurn(waiting), true);
    expect(stateOf(effects)).toMatchObject({ beginner: { isBlocked: true, code: null, pending: null, generation: 1 } });
    expect(effects).toContainEqual({ kind: "close-sessions", exceptGeneration: null });
    const blocked = aState({ beginner: aBeginner({ isBlocked: true }) });
    const again = decideBlocked(aTurn(blocked), false);
    expect(stateOf(again)).toMatchObject({ beginner: { isBlocked: false } });
    expect(again.map(({ kind }) => kind)).not.toContain("close-sessions");
  });

  test("what is so already, or has no browser, is nothing", () => {
    expect(decideBlocked(aTurn(aState()), false)).toEqual([]);
    expect(decideBlocked(aTurn(aState({ beginner: aBeginner({ isBlocked: true }) })), true)).toEqual([]);
    expect(decideBlocked(aTurn(aMailState({ address: anAddress(CARLA, { by: "mail" }) })), true)).toEqual([]);
  });

  test("[P12] with its contact and by hand are two facts: either refuses, and neither lifts the other", () => {
    const after = (state: ConversationState, ...steps: ((turn: Turn) => Effect[])[]) =>
      steps.reduce((next, step) => stateOf(step(aTurn(next))) ?? next, state).beginner;
    const shutOut = (turn: Turn) => decideShutOut(turn, true);
    const letIn = (turn: Turn) => decideShutOut(turn, false);
    const block = (turn: Turn) => decideBlocked(turn, true);
    const unblock = (turn: Turn) => decideBlocked(turn, false);
    const isOut = (beginner: Beginner | null | undefined) =>
      beginner === null || beginner === undefined ? null : [isRefused(beginner), isShutOut(beginner)];
    expect(isOut(after(aState(), shutOut, unblock))).toEqual([true, true]);
    expect(isOut(after(aState(), shutOut, block, unblock))).toEqual([true, true]);
    expect(isOut(after(aState(), shutOut, block, letIn))).toEqual([true, false]);
    expect(isOut(after(aState(), shutOut, block, letIn, unblock))).toEqual([false, false]);
    expect(isOut(after(aState(), block))).toEqual([true, false]);
    // Who is out already is not sent away again.
    const out = aState({ beginner: aBeginner({ isShutOut: true }) });
    expect(decideBlocked(aTurn(out), true).map(({ kind }) => kind)).toEqual(["state", "conversation"]);
    expect(decideShutOut(aTurn(out), true)).toEqual([]);
    expect(decideShutOut(aTurn(aMailState()), true)).toEqual([]);
  });

  test.each([decideBlocked, decideShutOut])(
    "a state of before, that does not say who did it, is lifted by either: %o",
    (lift) => {
      const { isShutOut: _, ...before } = aBeginner({ isBlocked: true });
      expect([isRefused(before), isShutOut(before)]).toEqual([true, true]);
      const { beginner } = stateOf(lift(aTurn(aState({ beginner: before })), false)) ?? aState();
      expect(beginner !== null && [isRefused(beginner), isShutOut(beginner)]).toEqual([false, false]);
    },
  );
});

describe("asking for proof", () => {
  test("changes what the widget shows, once; it needs a chat and an address", () => {
    const chat = aState({ address: anAddress(CARLA) });
    expect(stateOf(decideAskToConfirm(aTurn(chat)).effects)).toMatchObject({ isAskedToConfirm: true, revision: 1 });
    expect(decideAskToConfirm(aTurn({ ...chat, isAskedToConfirm: true }))).toEqual({ effects: [], refusal: null });
    expect(decideAskToConfirm(aTurn(aState())).refusal).toBe("no_address");
    expect(decideAskToConfirm(aTurn(aMailState({ address: anAddress(CARLA) }))).refusal).toBe("no_address");
  });

  test("[T1] *this was not me* ends the code that waits and stops further ones for that address alone", () => {
    const code = { email: CARLA, hash: "hash", expiresAt: NOW + 1, tries: 0 };
    const waiting = aTurn(aState({ beginner: aBeginner({ code }) }));
    expect(stateOf(decideStopCodes(waiting, CARLA))).toMatchObject({ beginner: { stopped: [CARLA], code: null } });
    expect(stateOf(decideStopCodes(waiting, "leo@customer.test"))).toMatchObject({ beginner: { code } });
    const stopped = aTurn(aState({ beginner: aBeginner({ stopped: [CARLA] }) }));
    expect(decideStopCodes(stopped, CARLA)).toEqual([]);
    expect(decideStopCodes(aTurn(aMailState()), CARLA)).toEqual([]);
  });

  test("[T1] *this was not me* is said for the mailbox, with whatever detail it is written", () => {
    const { beginner } = stateOf(decideStopCodes(aTurn(aState()), "carla+shop@customer.test")) ?? aState();
    const asked = [CARLA, "carla+again@customer.test", "Carla+x@customer.test", "leo@customer.test"];
    expect(asked.map((email) => isStopped(beginner ?? aBeginner(), email))).toEqual([true, true, true, false]);
  });

  test("[T1] nobody's *this was not me* is pushed out by addresses of one's own: after fifty no code leaves from here at all", () => {
    const code = { email: "leo@customer.test", hash: "hash", expiresAt: NOW + 1, tries: 0 };
    let state = aState({ beginner: aBeginner({ stopped: [CARLA], code }) });
    for (let n = 1; n < 50; n += 1) {
      expect(state.beginner).toMatchObject({ code });
      state = stateOf(decideStopCodes(aTurn(state), `own-${n}@evil.test`)) ?? state;
    }
    const beginner = state.beginner ?? aBeginner();
    expect([CARLA, "own-1@evil.test", "leo@customer.test"].map((email) => isStopped(beginner, email))).toEqual([
      true,
      true,
      true,
    ]);
    expect(beginner.code).toBeNull();
    expect(decideStopCodes(aTurn(state), "own-50@evil.test")).toEqual([]);
  });
});

describe("[O2] mailing by hand", () => {
  const state = aState({ address: anAddress(CARLA), beginner: aBeginner({ given: [CARLA] }) });
  const mail = (delivery: Delivery | undefined, over = {}) =>
    decideMailMessage(
      aTurn(state, [["k", aMessage({ seq: 3, author: ana, ...(delivery === undefined ? {} : { delivery }), ...over })]]),
      3,
    );

  test.each(["failed", "unknown", "seen", undefined] as const)("a reply whose mail is %s is queued at once", (before) => {
    const { effects, refusal } = mail(before === undefined ? undefined : { state: before });
    expect(refusal).toBeNull();
    // Only who knows that it did not arrive insists on it.
    const isInsisted = before === "failed" || before === "unknown";
    expect(effects[0]).toEqual({ kind: "mail", job: { seq: 3, to: CARLA, dueAt: NOW, isInsisted } });
    expect(effects[1]).toMatchObject({ kind: "update", message: { delivery: { state: "queued", to: [CARLA] } } });
  });

  test.each(["queued", "sending", "sent"] as const)("[A5] one that is %s is not mailed again", (before) => {
    expect(mail({ state: before })).toEqual({ effects: [], refusal: null });
  });

  test("notes, others' messages, and nothing cannot be mailed, nor anything without an address", () => {
    expect(mail(undefined, { channel: "note" }).refusal).toBe("not_allowed");
    expect(mail(undefined, { author: { kind: "visitor" } }).refusal).toBe("not_allowed");
    expect(decideMailMessage(aTurn(state), 9).refusal).toBe("not_allowed");
    expect(decideMailMessage(aTurn(aState(), [["k", aMessage({ author: ana })]]), 1).refusal).toBe("no_address");
  });
});

describe("[T4] a mail that is tried again", () => {
  const given = aBeginner({ given: ["typed@customer.test"] });
  const failed = aMessage({
    seq: 3,
    author: ana,
    channel: "email",
    to: CARLA,
    for: toCarla,
    delivery: { state: "failed", to: [CARLA] },
  });
  const again = (email: string, seen?: string) =>
    decideMailMessage(aTurn(aState({ address: anAddress(email), beginner: given }), [["k", failed]]), 3, seen);

  test("goes where it was written to while replies go there, and nowhere else by itself", () => {
    expect(again(CARLA).effects[0]).toMatchObject({ kind: "mail", job: { to: CARLA } });
    expect(again("evil@customer.test")).toEqual({ effects: [], refusal: "address_changed" });
    // Seen when it was another one still.
    expect(again("evil@customer.test", CARLA)).toEqual({ effects: [], refusal: "address_changed" });
  });

  test("goes to the address that its agent saw, where replies go there now, and is for that one from then on", () => {
    const { effects, refusal } = again("new@customer.test", "new@customer.test");
    expect(refusal).toBeNull();
    expect(effects[0]).toMatchObject({ kind: "mail", job: { to: "new@customer.test" } });
    expect(effects[1]).toMatchObject({
      kind: "update",
      message: { to: "new@customer.test", for: { sessions: [], addresses: ["new@customer.test"] } },
    });
  });

  test("stored before addresses were stored with it, goes where it had gone to or nowhere", () => {
    const { to: _to, ...old } = failed;
    const state = (email: string) => aState({ address: anAddress(email), beginner: given });
    expect(decideMailMessage(aTurn(state(CARLA), [["k", old]]), 3).refusal).toBeNull();
    expect(decideMailMessage(aTurn(state("evil@customer.test"), [["k", old]]), 3).refusal).toBe("address_changed");
  });

  test("[S20] a chat reply goes to the address that its reader gave, and stays for whom it was", () => {
    const reply = aMessage({ seq: 3, author: ana });
    const { effects } = decideMailMessage(aTurn(aState({ address: anAddress(CARLA), beginner: given }), [["k", reply]]), 3);
    expect(effects[0]).toMatchObject({ kind: "mail", job: { to: "typed@customer.test" } });
    expect(effects[1]).toMatchObject({ message: { for: { sessions: [SESSION], addresses: [] } } });
    expect(effects[1]).not.toHaveProperty("message.to");
  });
});

test("[T1] [T4] a mail that nobody wrote stores where it goes, once for its key, and is for that address", () => {
  const state = aMailState({ address: anAddress(CARLA, { by: "mail" }) });
  const [insert, mail] = decideAutomatic(aTurn(state), { key: "auto:1", subject: "Received", text: "We have got it." });
  expect(insert).toMatchObject({ kind: "insert", message: { to: CARLA, for: toCarla, author: { kind: "system" } } });
  expect(mail).toMatchObject({ kind: "mail", job: { to: CARLA } });
  expect(decideAutomatic(aTurn(state, [["auto:1", aMessage()]]), { key: "auto:1", subject: "Received", text: "x" })).toEqual([]);
  expect(decideAutomatic(aTurn(aMailState()), { key: "auto:1", subject: "Received", text: "x" })).toEqual([]);
});

describe("taking back", () => {
  test("[T16] a queued email is cancelled and says so", () => {
    const { effects, refusal } = decideUndo(turnWith({ channel: "email", delivery: { state: "queued" } }), 3);
    expect(refusal).toBeNull();
    expect(effects[0]).toEqual({ kind: "cancel-mail", seq: 3 });
    expect(effects[2]).toEqual({
      kind: "broadcast",
      frame: { type: "delivery", seq: 3, delivery: { state: "failed", reason: "taken back before it was sent" } },
      isForSender: true,
    });
  });

  test.each([
    ["sending", { channel: "email", delivery: { state: "sending" } }],
    ["sent", { channel: "email", delivery: { state: "sent" } }],
    ["a chat reply", { channel: "chat", delivery: { state: "queued" } }],
    ["no mail", { channel: "email" }],
  ] as const)("[T16] %s cannot be taken back", (_, over) => {
    expect(decideUndo(turnWith(over), 3)).toEqual({
      effects: [{ kind: "answer", frame: { type: "rejected", reason: "too_late" } }],
      refusal: "too_late",
    });
  });
});
