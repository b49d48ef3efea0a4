/** Memory is a cache (A6): an object that sleeps or dies between any two frames behaves as one that did not. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ServerFrame } from "../../../durable-objects/conversation/protocol.ts";
import { SESSION, uuid } from "../../support/conversation-builders.ts";
import {
  ANA,
  BEN,
  VISITOR,
  alarmOf,
  begin,
  connect,
  freshStorage,
  join,
  lookAgain,
  mailOpenRequest,
  openRequest,
  send,
  settle,
  type ConversationStub,
  type Socket,
} from "../support/conversation.ts";
import { Gate, ports } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

beforeEach(freshStorage);
afterEach(() => vi.useRealTimers());

/** What each side sends, in turn. */
const SCRIPT: [who: "visitor" | "ana", frame: { type: string } & Record<string, unknown>][] = [
  ["visitor", { type: "send", clientId: uuid(1), text: "One" }],
  ["ana", { type: "seen", seq: 2 }],
  ["ana", { type: "typing" }],
  ["ana", { type: "draft", kind: "reply", text: "Tw" }],
  ["ana", { type: "send", clientId: uuid(2), text: "Two" }],
  ["ana", { type: "draft", kind: "reply", text: "" }],
  ["visitor", { type: "visibility", isHidden: true }],
  ["visitor", { type: "seen", seq: 3 }],
  ["visitor", { type: "send", clientId: uuid(1), text: "One again" }],
  ["ana", { type: "send", clientId: uuid(3), text: "Three", channel: "note" }],
  ["visitor", { type: "undo", seq: 3 }],
  ["ana", { type: "send", clientId: uuid(2), text: "Two again" }],
  ["ana", { type: "hello", lastSeq: 2 }],
  ["visitor", { type: "hello", lastSeq: 1 }],
];

/** What differs from run to run. */
const VARIES = new Set(["id", "at", "createdAt", "updatedAt"]);

function withoutVariable(frame: ServerFrame): unknown {
  return JSON.parse(JSON.stringify(frame, (key, value: unknown) => (VARIES.has(key) ? "…" : value)));
}

/** Presence is left out: it may be told twice. */
function comparable(socket: Socket): unknown[] {
  return socket.frames.filter(({ type }) => type !== "presence").map(withoutVariable);
}

function lastPresence(socket: Socket): ServerFrame | undefined {
  return socket.frames.findLast((frame) => frame.type === "presence");
}

async function run(betweenFrames: (stub: ConversationStub) => Promise<void>) {
  const { stub } = await begin({ open: openRequest({ session: { id: SESSION, origin: null } }) });
  const sockets = { visitor: await join(stub, VISITOR), ana: await join(stub, ANA) };
  for (const [who, frame] of SCRIPT) {
    await betweenFrames(stub);
    sockets[who].send(frame);
    await settle(sockets.visitor);
    await settle(sockets.ana);
  }
  const rest = {
    revision: (await stub.item())?.revision,
    item: { ...(await stub.item()), id: "", createdAt: 0, lastMessage: null },
  };
  return { visitor: comparable(sockets.visitor), ana: comparable(sockets.ana), rest };
}

describe("evicted between any two frames", () => {
  test("[A6] hibernating before every frame changes no frame", async () => {
    const awake = await run(async () => {});
    await freshStorage();
    const wakes = SCRIPT.length;
    const asleep = await run((stub) => evictDurableObject(stub));
    expect(asleep).toEqual(awake);
    expect(ports.seen.wakes).toBeGreaterThanOrEqual(wakes);
    expect(awake.ana.length).toBeGreaterThan(SCRIPT.length);
  });

  test("[A6] a ping is answered without waking the object; a frame wakes it", async () => {
    const { stub } = await begin();
    const visitor = await join(stub, VISITOR);
    await evictDurableObject(stub);
    const before = ports.seen.wakes;
    for (let count = 0; count < 5; count += 1) visitor.send("ping");
    await vi.waitFor(() => expect(visitor.texts.filter((text) => text === "pong")).toHaveLength(5), WAIT);
    expect(ports.seen.wakes).toBe(before);
    await settle(visitor);
    expect(ports.seen.wakes).toBe(before + 1);
  });

  test("[A6] looking writes nothing, and idle means no alarm", async () => {
    const { stub } = await begin();
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(stub);
      expect(await alarmOf(stub)).toBeNull();
    }, WAIT);
    await join(stub, VISITOR);
    await stub.view("agent", 50);
    expect(await alarmOf(stub)).toBeNull();
  });
});

describe("presence", () => {
  test("[P10] coming, going and viewing are told to both sides, to visitors without ids, to the lists once", async () => {
    const { id, stub } = await begin();
    const visitor = await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    expect(await ana.next("welcome")).toMatchObject({
      presence: { isVisitorOnline: true, agents: [{ id: ANA.agentId, name: "Ana" }] },
    });
    await vi.waitFor(
      () => expect(lastPresence(visitor)).toEqual({ type: "presence", isVisitorOnline: true, agents: [{ name: "Ana" }] }),
      WAIT,
    );
    visitor.close();
    await vi.waitFor(
      () =>
        expect(lastPresence(ana)).toEqual({
          type: "presence",
          isVisitorOnline: false,
          agents: [{ id: ANA.agentId, name: "Ana" }],
        }),
      WAIT,
    );
    expect(ports.seen.presence).toEqual([
      [id, true],
      [id, false],
    ]);
  });

  test("[P10] two tabs are one visitor: only the last one to close is told", async () => {
    const { stub } = await begin();
    const [one, two] = [await join(stub, VISITOR), await join(stub, VISITOR)];
    const ana = await join(stub, ANA);
    one.close();
    await one.end();
    await settle(ana);
    expect(lastPresence(ana)).toMatchObject({ isVisitorOnline: true });
    two.close();
    await vi.waitFor(() => expect(lastPresence(ana)).toMatchObject({ isVisitorOnline: false }), WAIT);
  });

  test("[P10] who goes from one page to the next was never gone", async () => {
    const { id, stub } = await begin();
    const visitor = await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    const ben = await join(stub, BEN);
    visitor.close();
    await visitor.end();
    await join(stub, VISITOR);
    // Ben leaves after the visitor came back: when that is told, the visitor's time to be missed is over.
    ben.close();
    await vi.waitFor(() => expect(lastPresence(ana)).toMatchObject({ agents: [{ id: ANA.agentId }] }), WAIT);
    const told = ana.frames.flatMap((frame) => (frame.type === "presence" ? [frame.isVisitorOnline] : []));
    expect(new Set(told)).toEqual(new Set([true]));
    expect(ports.seen.presence).toEqual([[id, true]]);
  });

  test("[A6] a visitor who leaves while the object sleeps is told to the agent and the lists", async () => {
    const { id, stub } = await begin();
    const visitor = await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    await evictDurableObject(stub);
    visitor.close();
    await vi.waitFor(() => expect(lastPresence(ana)).toMatchObject({ isVisitorOnline: false }), WAIT);
    expect(ports.seen.presence.at(-1)).toEqual([id, false]);
  });

  test("[A6] a visitor whose pings end is offline at the next look, though the object slept in between", async () => {
    const { stub } = await begin();
    await join(stub, VISITOR);
    const ana = await join(stub, ANA);
    await settle(ana);
    expect(lastPresence(ana)).toMatchObject({ isVisitorOnline: true });
    await evictDurableObject(stub);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    await runDurableObjectAlarm(stub);
    expect(lastPresence(ana)).toMatchObject({ isVisitorOnline: false });
    expect(await stub.item()).toMatchObject({ isVisitorOnline: false });
  });

  test("[P10] a hidden page is counted online for longer", async () => {
    const { stub } = await begin();
    const visitor = await join(stub, VISITOR);
    visitor.send({ type: "visibility", isHidden: true });
    await settle(visitor);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    expect(await stub.item()).toMatchObject({ isVisitorOnline: true });
    vi.setSystemTime(Date.now() + 60_000);
    expect(await stub.item()).toMatchObject({ isVisitorOnline: false });
  });
});

describe("watching agents", () => {
  test("[T7] [C6] an agent who is no longer one is put out at the next look", async () => {
    const { stub } = await begin();
    const ana = await join(stub, ANA);
    ports.conversation = { loadRoles: async () => new Map() };
    await lookAgain(stub);
    expect(await ana.end()).toEqual({ code: 4001, reason: "not_allowed" });
  });

  test("[T7] [C6] an agent who is demoted keeps the socket and may no longer write; a key's role is never raised", async () => {
    const { stub } = await begin();
    const ana = await join(stub, ANA);
    const viewer = await join(stub, { ...ANA, credential: "key:1", role: "viewer" });
    ports.conversation = {
      loadRoles: async (ids) => new Map(ids.map((id) => [id, id === ANA.credential ? "viewer" : "owner"])),
    };
    await lookAgain(stub);
    for (const socket of [ana, viewer]) {
      socket.send({ type: "send", clientId: uuid(9), text: "May I?" });
      expect(await socket.next("rejected")).toMatchObject({ reason: "not_allowed" });
    }
  });

  test("[T7] [C6] [A12] with D1 away nobody is put out", async () => {
    const { stub } = await begin();
    const ana = await join(stub, ANA);
    ports.conversation = { loadRoles: async () => Promise.reject(new Error("D1 is away")) };
    await lookAgain(stub);
    await settle(ana);
    expect(ana.closed).toBeNull();
  });

  test("[P3] an agent who says hello while roles are looked up stays ready", async () => {
    const { stub } = await begin();
    const ana = await connect(stub, ANA);
    const gate = new Gate();
    ports.conversation = {
      loadRoles: async (ids) => {
        await gate.pass();
        return new Map(ids.map((id) => [id, "agent"]));
      },
    };
    const alarm = lookAgain(stub);
    await vi.waitFor(() => expect(gate.isReached).toBe(true), WAIT);
    ana.send({ type: "hello", lastSeq: 0 });
    await ana.next("welcome");
    gate.isOpen = true;
    await alarm;
    await send(stub, { text: "Did you get this?" });
    expect(await ana.next("message")).toMatchObject({ message: { text: "Did you get this?" } });
  });

  test("[O7] while an agent watches the alarm goes on, and ends when they have left", async () => {
    const { stub } = await begin({ open: mailOpenRequest() });
    const ana = await join(stub, ANA);
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(stub);
      expect((await alarmOf(stub)) ?? 0).toBeGreaterThan(Date.now() + 5_000);
    }, WAIT);
    ana.close();
    await vi.waitFor(
      async () => expect(await runInDurableObject(stub, (_, state) => state.getWebSockets().length)).toBe(0),
      WAIT,
    );
    await runDurableObjectAlarm(stub);
    expect(await alarmOf(stub)).toBeNull();
  });
});
