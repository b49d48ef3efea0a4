import { describe, expect, test } from "vitest";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import type { InboxServerFrame, ListRevision } from "../../../durable-objects/inbox/protocol.ts";
import {
  type InboxEffect,
  type InboxEvent,
  type InboxState,
  computeInboxStatus,
  initialInbox,
  stepInbox,
} from "../../../web/shared/inbox-client.ts";

const conversation: Conversation = {
  id: "c",
  contact: null,
  status: "open",
  unread: true,
  assigneeId: null,
  lastMessage: null,
  isVisitorOnline: false,
  revision: 1,
  subject: null,
  createdAt: 1,
  readSeq: 0,
  visitorSeenSeq: 0,
  hasVisitor: true,
  address: null,
  unconfirmedMail: null,
  visitor: null,
};

class List {
  state: InboxState;
  readonly effects: InboxEffect[] = [];

  constructor(revision: ListRevision | null = null) {
    this.state = initialInbox({ isOnline: true, isHidden: false }, revision);
    this.event({ kind: "start" });
    this.open();
  }

  event(event: InboxEvent): void {
    const { state, effects } = stepInbox(this.state, event, { now: 0, random: 0 });
    this.state = state;
    this.effects.push(...effects);
  }

  open(): void {
    this.event({ kind: "opened", connection: this.state.link.connection });
  }

  frame(frame: InboxServerFrame): void {
    this.event({ kind: "frame", connection: this.state.link.connection, frame });
  }

  welcome(n: number, epoch = "e"): void {
    this.frame({ type: "welcome", revision: { epoch, n }, agents: [] });
  }

  changed(n: number, epoch = "e"): void {
    this.frame({ type: "changed", revision: { epoch, n }, conversation });
  }

  get gaps(): number {
    return this.effects.filter(({ kind }) => kind === "gap").length;
  }
}

describe("a list that is on screen is as new as its revision", () => {
  test("deltas that follow each other leave no gap", () => {
    const list = new List({ epoch: "e", n: 4 });
    list.welcome(4);
    list.changed(5);
    list.changed(6);
    expect(list.gaps).toBe(0);
    expect(list.effects.filter(({ kind }) => kind === "changed")).toHaveLength(2);
  });

  test.each([
    ["a delta is missing", 6, "e"],
    ["the epoch is another one", 5, "f"],
  ])("%s: the list is read again, and the delta is used all the same", (_name, n, epoch) => {
    const list = new List({ epoch: "e", n: 4 });
    list.welcome(4);
    list.changed(n, epoch);
    expect(list.gaps).toBe(1);
    expect(list.effects.filter(({ kind }) => kind === "changed")).toHaveLength(1);
  });

  test("a first welcome to a client without a revision, and one that has moved on meanwhile, is a gap", () => {
    const list = new List();
    list.welcome(7);
    expect(list.gaps).toBe(1);
    list.event({ kind: "closed", connection: list.state.link.connection, code: 1006 });
    expect(computeInboxStatus(list.state)).toBe("reconnecting");
    list.event({ kind: "timer", name: "retry" });
    list.open();
    expect(list.effects.at(-1)).toEqual({ kind: "transmit", text: '{"type":"hello","revision":{"epoch":"e","n":7}}' });
    list.welcome(9);
    expect(list.gaps).toBe(2);
    expect(computeInboxStatus(list.state)).toBe("up-to-date");
  });

  test("a repeated delta is no gap and does not move the revision back", () => {
    const list = new List({ epoch: "e", n: 4 });
    list.welcome(4);
    list.changed(5);
    list.changed(4);
    expect(list.gaps).toBe(0);
    expect(list.state.revision).toEqual({ epoch: "e", n: 5 });
  });

  test("[L5] the word that mails wait is passed on, and moves no revision", () => {
    const list = new List({ epoch: "e", n: 4 });
    list.welcome(4);
    list.frame({ type: "ledger" });
    expect(list.effects.at(-1)).toEqual({ kind: "ledger" });
    expect([list.gaps, list.state.revision]).toEqual([0, { epoch: "e", n: 4 }]);
  });
});
