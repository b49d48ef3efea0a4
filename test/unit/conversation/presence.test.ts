import { describe, expect, test } from "vitest";
import {
  computePresence,
  computePresenceEnd,
  isSamePresence,
  presenceForVisitor,
} from "../../../durable-objects/conversation/presence.ts";
import { PRESENCE_HIDDEN_MS, PRESENCE_VISIBLE_MS } from "../../../durable-objects/conversation/protocol.ts";
import { NOW, agentConnection, visitorConnection } from "../../support/conversation-builders.ts";

describe("[P10] presence", () => {
  test.each([
    ["a visible page", false, PRESENCE_VISIBLE_MS],
    ["a hidden page", true, PRESENCE_HIDDEN_MS],
  ])("%s is online until its last sign of life is too old", (_, isHidden, limit) => {
    const online = (age: number) =>
      computePresence([{ connection: visitorConnection({ isHidden }), lastSeenAt: NOW - age }], NOW).isVisitorOnline;
    expect([online(limit), online(limit + 1)]).toEqual([true, false]);
  });

  test("an agent is there once, however many windows they have, and not as a ghost", () => {
    const ana = agentConnection();
    const ben = agentConnection({ agentId: "ben", name: "Ben" });
    const presence = computePresence(
      [
        { connection: ana, lastSeenAt: NOW },
        { connection: ana, lastSeenAt: NOW - 500_000 },
        { connection: ben, lastSeenAt: NOW - 500_000 },
      ],
      NOW,
    );
    expect(presence).toEqual({ isVisitorOnline: false, agents: [{ id: "ana", name: "Ana" }] });
    expect(presenceForVisitor(presence)).toEqual({ isVisitorOnline: false, agents: [{ name: "Ana" }] });
  });

  test("it is the same only where nobody came or went", () => {
    const a = { isVisitorOnline: true, agents: [{ id: "ana" }] };
    expect(isSamePresence(a, { isVisitorOnline: true, agents: [{ id: "ana", name: "renamed" }] })).toBe(true);
    expect(isSamePresence(a, { ...a, isVisitorOnline: false })).toBe(false);
    expect(isSamePresence(a, { ...a, agents: [{ id: "ben" }] })).toBe(false);
    expect(isSamePresence(a, { ...a, agents: [{ id: "ana" }, { id: "ben" }] })).toBe(false);
  });
});

describe("[P10] when somebody stops being online", () => {
  test("is when the first of those who are there has been silent for too long", () => {
    const visible = { connection: visitorConnection(), lastSeenAt: NOW - 5_000 };
    const hidden = { connection: visitorConnection({ isHidden: true }), lastSeenAt: NOW };
    const ghost = { connection: visitorConnection(), lastSeenAt: NOW - PRESENCE_VISIBLE_MS - 1 };
    expect(computePresenceEnd([hidden, visible, ghost], NOW)).toBe(NOW - 5_000 + PRESENCE_VISIBLE_MS + 1);
    expect(computePresenceEnd([ghost], NOW)).toBe(null);
    expect(computePresence([visible], NOW - 5_000 + PRESENCE_VISIBLE_MS + 1).isVisitorOnline).toBe(false);
  });
});
