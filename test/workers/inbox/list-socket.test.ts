/** The list's socket: deltas with a revision, presence of agents and visitors, and the end of it. */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { LISTENER_HEADER } from "../../../durable-objects/inbox/inbox-object.ts";
import { inboxServerFrameSchema, type InboxServerFrame } from "../../../durable-objects/inbox/protocol.ts";
import { conversationForAgents } from "../../../durable-objects/conversation/views.ts";
import { inboxStubFor } from "../../../worker/objects.ts";
import { NOW, aState, uuid } from "../../support/conversation-builders.ts";
import { AUTHOR_ANA, alarmOf, begin, freshStorage } from "../support/conversation.ts";
import { fail, ports } from "../support/ports.ts";
import { TestSocket, WAIT } from "../support/socket.ts";

beforeEach(freshStorage);

type ListSocket = TestSocket<InboxServerFrame>;

const inbox = () => inboxStubFor(env, "anyone");

async function connect(agentId: string): Promise<ListSocket> {
  const response = await inbox().fetch("https://object/socket", {
    headers: { upgrade: "websocket", [LISTENER_HEADER]: JSON.stringify({ agentId, credential: agentId }) },
  });
  return new TestSocket(response, (json) => v.parse(inboxServerFrameSchema, json));
}

async function listen(agentId: string): Promise<ListSocket> {
  const socket = await connect(agentId);
  socket.send({ type: "hello", revision: null });
  await socket.next("welcome");
  return socket;
}

const item = (revision: number) => conversationForAgents(aState({ revision }), { isVisitorOnline: false, now: NOW });
const changes = (socket: ListSocket) => socket.frames.flatMap((frame) => (frame.type === "changed" ? [frame] : []));

describe("[L1] revisions", () => {
  test("welcome says where the list is; each delta is the next, in the same epoch, also after an eviction", async () => {
    await inbox().publish(item(1));
    const ana = await listen("ana");
    const { revision, agents } = await ana.next("welcome");
    expect([revision.n, agents]).toEqual([1, ["ana"]]);
    await inbox().publish(item(2));
    await evictDurableObject(inbox());
    await inbox().publish(item(3));
    await vi.waitFor(() => expect(changes(ana)).toHaveLength(2), WAIT);
    expect(changes(ana)).toEqual([
      { type: "changed", revision: { epoch: revision.epoch, n: 2 }, conversation: item(2) },
      { type: "changed", revision: { epoch: revision.epoch, n: 3 }, conversation: item(3) },
    ]);
  });

  test("who was away sees the gap in the welcome", async () => {
    const first = await listen("ana");
    const { revision } = await first.next("welcome");
    first.close();
    await inbox().publish(item(1));
    await inbox().publish(item(2));
    const back = await (await listen("ana")).next("welcome");
    expect(back.revision).toEqual({ epoch: revision.epoch, n: revision.n + 2 });
  });

  test("a list that lost its storage has another epoch", async () => {
    const before = await (await listen("ana")).next("welcome");
    await freshStorage();
    const after = await (await listen("ana")).next("welcome");
    expect(after.revision.n).toBe(before.revision.n);
    expect(after.revision.epoch).not.toBe(before.revision.epoch);
  });

  test("a conversation's changes reach the list by themselves, the last one too", async () => {
    const ana = await listen("ana");
    const { id, stub } = await begin({ text: "Is anyone there?" });
    await stub.setStatus("complete", AUTHOR_ANA);
    await vi.waitFor(
      () => expect(changes(ana).at(-1)?.conversation).toMatchObject({ id, status: "complete", revision: 2 }),
      WAIT,
    );
    const numbers = changes(ana).map(({ revision }) => revision.n);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  });
});

describe("[L2] frames", () => {
  test("nothing is sent before hello", async () => {
    const silent = await connect("ben");
    const ana = await listen("ana");
    expect((await ana.next("welcome")).agents).toEqual(["ana"]);
    await inbox().publish(item(1));
    await ana.next("changed");
    expect(silent.texts).toEqual([]);
  });

  test.each([
    "no json",
    "{}",
    JSON.stringify({ type: "send" }),
    JSON.stringify({ type: "hello", revision: 7 }),
    new ArrayBuffer(2),
  ])("a frame that is none is answered and ends the socket: %s", async (frame) => {
    const ana = await listen("ana");
    ana.send(frame);
    expect(await ana.next("rejected")).toEqual({ type: "rejected", reason: "bad_frame" });
    expect(await ana.end()).toEqual({ code: 4002, reason: "bad_frame" });
  });
});

describe("[L3] agents who are there", () => {
  test("come and go once, however many windows they have, also while the object sleeps", async () => {
    const ana = await listen("ana");
    const one = await listen("ben");
    expect(await ana.next("presence")).toEqual({ type: "presence", agents: ["ana", "ben"] });
    const two = await listen("ben");
    one.close();
    await one.end();
    await inbox().publish(item(1));
    await ana.next("changed");
    expect(ana.frames.filter(({ type }) => type === "presence")).toHaveLength(1);
    await evictDurableObject(inbox());
    two.close();
    await vi.waitFor(() => expect(ana.frames.at(-1)).toEqual({ type: "presence", agents: ["ana"] }), WAIT);
  });

  test("[T7] disconnect ends all sockets of an agent, and only theirs", async () => {
    const ana = await listen("ana");
    const windows = [await listen("ben"), await listen("ben")];
    await inbox().disconnect("ben");
    for (const socket of windows) expect(await socket.end()).toEqual({ code: 4001, reason: "not_allowed" });
    await vi.waitFor(() => expect(ana.frames.at(-1)).toEqual({ type: "presence", agents: ["ana"] }), WAIT);
    expect(ana.closed).toBeNull();
  });

  test("[T7] at the next look nobody stays who may no longer; with D1 away everybody does", async () => {
    const ana = await listen("ana");
    const ben = await listen("ben");
    ports.inbox = { loadRoles: fail };
    await runDurableObjectAlarm(inbox());
    ports.inbox = { loadRoles: async () => new Map([["ana", "viewer"]]) };
    await runDurableObjectAlarm(inbox());
    expect(await ben.end()).toEqual({ code: 4001, reason: "not_allowed" });
    expect(ana.closed).toBeNull();
  });
});

describe("[L4] visitors who are online", () => {
  test("are told and remembered; a lost “has left” is found at the next look", async () => {
    const ana = await listen("ana");
    await inbox().publishPresence(uuid(1), true);
    await inbox().publishPresence(uuid(2), true);
    await inbox().publishPresence(uuid(2), true);
    expect(await ana.next("presence")).toEqual({ type: "presence", conversationId: uuid(1), isVisitorOnline: true });
    await evictDurableObject(inbox());
    expect(await inbox().online([uuid(1), uuid(2), uuid(3)])).toEqual([uuid(1), uuid(2)]);
    await inbox().publishPresence(uuid(1), false);
    expect(await inbox().online([uuid(1), uuid(2)])).toEqual([uuid(2)]);
    ports.inbox = { isVisitorOnline: fail };
    await runDurableObjectAlarm(inbox());
    expect(await inbox().online([uuid(2)])).toEqual([uuid(2)]);
    ports.inbox = { isVisitorOnline: async () => false };
    await runDurableObjectAlarm(inbox());
    expect(await inbox().online([uuid(2)])).toEqual([]);
    expect(ana.frames.at(-1)).toEqual({ type: "presence", conversationId: uuid(2), isVisitorOnline: false });
  });

  test("nobody is asked while nobody listens", async () => {
    await inbox().publishPresence(uuid(1), true);
    expect(await alarmOf(inbox())).toBeNull();
    const ana = await listen("ana");
    expect(await alarmOf(inbox())).not.toBeNull();
    ana.close();
    await ana.end();
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(inbox());
      expect(await alarmOf(inbox())).toBeNull();
    }, WAIT);
  });
});
