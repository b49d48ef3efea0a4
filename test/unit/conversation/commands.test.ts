import { describe, expect, test } from "vitest";
import {
  decideAssign,
  decideCapture,
  decideContact,
  decideMailMessage,
  decideRead,
  decideStatus,
  decideUndo,
} from "../../../durable-objects/conversation/commands.ts";
import type { Effect } from "../../../durable-objects/conversation/effects.ts";
import type { Delivery } from "../../../durable-objects/conversation/protocol.ts";
import { NOW, aMessage, aState, aTurn, ana, uuid } from "../../support/conversation-builders.ts";

const stateOf = (effects: Effect[]) => effects.find((effect) => effect.kind === "state")?.state;
const eventOf = (effects: Effect[]) => effects.find((effect) => effect.kind === "event")?.event;
const carla = { id: uuid(2), name: "Carla", email: "carla@customer.test" };

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

describe("[C10] addresses", () => {
  test("[T4] a visitor cannot turn away the replies to a proven contact; an agent can, and then it is not proven", () => {
    const proven = aTurn(aState({ contact: carla, isAddressProven: true }));
    const other = { email: "evil@customer.test" };
    expect(decideCapture(proven, other, "visitor")).toEqual([]);
    expect(stateOf(decideCapture(proven, other, "agent"))).toMatchObject({ capture: other, isAddressProven: false });
    expect(decideCapture(proven, { email: "carla@customer.test" }, "agent")).toEqual([]);
    const typed = aTurn(aState({ contact: carla, isAddressProven: false }));
    expect(stateOf(decideCapture(typed, other, "visitor"))).toMatchObject({ capture: other });
  });

  test("the contact replaces what was typed, once", () => {
    const effects = decideContact(aTurn(aState({ capture: { email: "carla@customer.test" } })), carla);
    expect(stateOf(effects)).toMatchObject({ contact: carla, capture: null });
    expect(eventOf(effects)).toMatchObject({ kind: "contact", subject: { name: "carla@customer.test" } });
    expect(decideContact(aTurn(aState({ contact: carla })), { ...carla })).toEqual([]);
    expect(stateOf(decideContact(aTurn(aState({ contact: carla })), { ...carla, name: "C." }))).toMatchObject({
      contact: { name: "C." },
    });
  });
});

test("[C10] [T2] an address that an agent corrects is not proven by the visitor who proved the old one", () => {
  const proven = aState({ contact: carla, isAddressProven: true, hasVisitor: true });
  const corrected = { ...carla, email: "karla@customer.test" };
  expect(stateOf(decideContact(aTurn(proven), corrected))).toMatchObject({ contact: corrected, isAddressProven: false });
  expect(stateOf(decideContact(aTurn(proven), { ...carla, name: "C." }))).toMatchObject({ isAddressProven: true });
  // Nobody reads along.
  expect(stateOf(decideContact(aTurn({ ...proven, hasVisitor: false }), corrected))).toMatchObject({ isAddressProven: true });
});

describe("[O2] mailing by hand", () => {
  const state = aState({ contact: carla });
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
    expect(effects[0]).toEqual({ kind: "mail", job: { seq: 3, dueAt: NOW, isInsisted } });
    expect(effects[1]).toMatchObject({ kind: "update", message: { delivery: { state: "queued", to: ["carla@customer.test"] } } });
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
