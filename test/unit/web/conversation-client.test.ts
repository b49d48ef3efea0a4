import { describe, expect, test } from "vitest";
import type { Message, ServerFrame } from "../../../durable-objects/conversation/protocol.ts";
import { computeStatus, initialClient, visibleUnsent } from "../../../web/shared/client-state.ts";
import { stepClient } from "../../../web/shared/conversation-client.ts";
import { PONG_TIMEOUT_MS } from "../../../web/shared/link.ts";
import { ACKNOWLEDGEMENT_TIMEOUT_MS } from "../../../web/shared/outgoing.ts";
import { PING_INTERVAL_MS } from "../../../web/shared/protocol-constants.ts";
import { SimulatedNetwork } from "./simulated-network.ts";

function connected(): SimulatedNetwork {
  const network = new SimulatedNetwork(() => 0.5);
  network.event({ kind: "start" });
  network.advance(1000);
  return network;
}

const sends = (network: SimulatedNetwork): readonly string[] =>
  network.sentFrames.flatMap((frame) => (frame.type === "send" ? [frame.clientId] : []));
const hellos = (network: SimulatedNetwork): readonly number[] =>
  network.sentFrames.flatMap((frame) => (frame.type === "hello" ? [frame.lastSeq] : []));
const frame = (network: SimulatedNetwork, value: ServerFrame): void =>
  network.event({ kind: "frame", connection: network.state.link.connection, frame: value });

const agentMessage = (seq: number): Message => ({
  seq,
  id: `m${seq}`,
  at: 1,
  author: { kind: "agent" },
  channel: "chat",
  text: "",
  attachments: [],
});

describe("sending", () => {
  test("[A2] an unacknowledged message is sent again with the same clientId after a reconnect", () => {
    const network = connected();
    network.isAnswering = false;
    network.send("a");
    network.advance(100);
    network.isAnswering = true;
    network.advance(2000);
    expect(sends(network)).toEqual(["a", "a"]);
    expect(network.log.map(({ text }) => text)).toEqual(["a"]);
    expect(network.acknowledged).toEqual(["a"]);
    expect(network.store.size).toBe(0);
  });

  test("[A2] a message waits for the one before it, so that order holds where that one must be sent again", () => {
    const network = connected();
    network.tryAgain = 2;
    network.send("a");
    network.send("b");
    network.advance(20_000);
    expect(sends(network)).toEqual(["a", "a", "a", "b"]);
    expect(network.log.map(({ text }) => text)).toEqual(["a", "b"]);
  });

  test("[T21] one that was too much at once stays in front and goes out again half a minute later, once", () => {
    const network = connected();
    network.refusal = "too_much_traffic";
    network.send("a");
    network.send("b");
    network.advance(1_000);
    expect([network.state.isLimited, visibleUnsent(network.state).length]).toEqual([true, 2]);
    network.advance(28_000);
    expect(sends(network)).toEqual(["a"]);
    network.advance(3_000);
    expect(sends(network)).toEqual(["a", "a", "b"]);
    expect([network.state.isLimited, visibleUnsent(network.state).length]).toEqual([false, 0]);
  });

  test("[A1] a socket that pongs while nobody behind it answers is given up", () => {
    const network = connected();
    network.send("a");
    // The object is stuck, the platform goes on to answer pings: the frame below is all that comes.
    network.silence();
    frame(network, { type: "typing", author: { kind: "agent" } });
    network.advance(ACKNOWLEDGEMENT_TIMEOUT_MS + 2000);
    expect(network.acknowledged).toEqual(["a"]);
  });

  test("a refused message stays with its reason until it is sent again or thrown away", () => {
    const network = connected();
    network.refusal = "no_address";
    network.send("a");
    network.advance(1000);
    expect(network.state.unsent[0]?.failure).toEqual({ reason: "no_address" });
    expect(network.store.get("a")?.failure).toEqual({ reason: "no_address" });
    network.event({ kind: "discard", clientId: "a" });
    expect(network.state.unsent).toEqual([]);
    expect(network.store.size).toBe(0);
  });

  test("a refused message holds up nothing, and goes out again under its clientId with the guard that was chosen", () => {
    const network = connected();
    network.refusal = "newer_reply";
    network.event({ kind: "send", message: { clientId: "a", text: "a", attachments: [], createdAt: 0, ifLastSeq: 3 } });
    network.send("b");
    network.advance(1000);
    expect(network.log.map(({ text }) => text)).toEqual(["b"]);
    network.event({ kind: "retry", clientId: "a" });
    network.advance(1000);
    expect(network.sentFrames.filter(({ type }) => type === "send").at(-1)).toEqual({ type: "send", clientId: "a", text: "a" });
    expect(network.state.unsent).toEqual([]);
  });

  test("what would end the connection is never sent: too long a text, too long a frame, nothing at all", () => {
    const network = connected();
    network.send("a", "x".repeat(20_001));
    network.send("b", "\u0001".repeat(15_000));
    network.send("c", "   ");
    expect(network.state.unsent.map(({ failure }) => failure?.reason)).toEqual(["too_long", "too_long", "empty"]);
    network.advance(1000);
    expect(sends(network)).toEqual([]);
  });

  test("a message that an earlier connection may have delivered is not shown twice while its echo is awaited", () => {
    const network = connected();
    network.isAnswering = false;
    network.send("a", "Hello");
    network.advance(100);
    network.isAnswering = true;
    network.event({ kind: "online" });
    while (network.state.messages.length === 0) network.advance(1);
    expect(visibleUnsent(network.state)).toEqual([]);
    network.advance(200);
    expect(network.state.messages.map(({ text }) => text)).toEqual(["Hello"]);
    expect(network.state.unsent).toEqual([]);
  });

  test("a message that went by HTTP is settled in the queue, and its later copies change nothing", () => {
    const network = new SimulatedNetwork(() => 0.5);
    network.send("a");
    const message: Message = { seq: 1, id: "m", at: 1, author: { kind: "visitor" }, channel: "chat", text: "a", attachments: [] };
    network.event({ kind: "settled", clientId: "a", message });
    expect(network.state.unsent).toEqual([]);
    expect(network.acknowledged).toEqual(["a"]);
    network.event({ kind: "loaded", messages: [message] });
    expect(network.state.messages).toEqual([message]);
  });
});

describe("catching up", () => {
  test("[A3] a reconnect names the last seq, and gets what it missed in pages", () => {
    const network = connected();
    for (let index = 0; index < 4; index += 1) network.serverWrites();
    network.advance(1000);
    const known = network.log.at(-1)?.seq;
    network.cut();
    for (let index = 0; index < 11; index += 1) network.serverWrites();
    network.advance(3000);
    expect(hellos(network)).toEqual([0, known]);
    expect(network.state.messages).toEqual(network.log);
    expect(network.notices.filter(({ kind }) => kind === "resumed")).toHaveLength(1);
  });

  test("[A3] a client that is given its newest page continues after it", () => {
    const message: Message = { seq: 41, id: "m", at: 1, author: { kind: "agent" }, channel: "chat", text: "", attachments: [] };
    expect(initialClient({ isOnline: true, isHidden: false, messages: [message] }).lastSeq).toBe(41);
  });

  test("[A3] after a loss an agent asks for the newest known messages again: their delivery may have changed", () => {
    const network = new SimulatedNetwork(() => 0.5, { overlap: 2 });
    network.event({ kind: "start" });
    network.advance(1000);
    for (let index = 0; index < 5; index += 1) network.serverWrites();
    network.advance(1000);
    network.cut();
    network.serverChanges(4, { state: "failed", reason: "mailbox full" });
    network.advance(3000);
    expect(hellos(network)).toEqual([0, 3]);
    expect(network.state.messages).toEqual(network.log);
    expect(network.notices.filter((notice) => notice.kind === "received" && !notice.isLive)).toEqual([]);
  });

  test("[A3] what was read by HTTP never replaces what the socket has told since", () => {
    const network = connected();
    network.serverWrites();
    network.advance(100);
    const old = network.log.slice();
    network.serverChanges(1, { state: "sent" });
    frame(network, { type: "delivery", seq: 1, delivery: { state: "sent" } });
    network.event({ kind: "loaded", messages: old });
    expect(network.state.messages).toEqual(network.log);
  });

  test("a message that was on the page from the start is no copy of an unsent one with the same words", () => {
    const known: Message = { ...agentMessage(7), author: { kind: "visitor" }, text: "Hello" };
    const network = new SimulatedNetwork(() => 0.5, { overlap: 5, mayBeStale: true, messages: [known] });
    network.log.push(known);
    network.send("a", "Hello");
    network.isAnswering = false;
    network.event({ kind: "start" });
    network.advance(50);
    expect(visibleUnsent(network.state).map(({ clientId }) => clientId)).toEqual(["a"]);
  });

  test("a gap in seq is a note and no loss: nothing is asked for again", () => {
    const network = connected();
    frame(network, { type: "message", message: agentMessage(3) });
    frame(network, { type: "message", message: agentMessage(9) });
    expect(network.state.messages.map(({ seq }) => seq)).toEqual([3, 9]);
    expect(hellos(network)).toEqual([0]);
  });

  test("[V4] what is withdrawn is not shown any more, live or after a loss, and comes back in its place", () => {
    const network = connected();
    network.send("a");
    network.send("b");
    network.send("c");
    network.advance(2000);
    const seqs = () => network.state.messages.map(({ seq }) => seq);
    frame(network, { type: "withdrawn", seqs: [2, 9] });
    expect(seqs()).toEqual([1, 3]);
    const before = network.state;
    frame(network, { type: "withdrawn", seqs: [2] });
    expect(network.state.messages).toBe(before.messages);
    // A reconnect goes on after the last that it had, whatever is shown of it.
    frame(network, { type: "withdrawn", seqs: [3] });
    expect([seqs(), network.state.lastSeq]).toEqual([[1], 3]);
    const [, second] = network.log;
    if (second === undefined) throw new Error("nothing was stored");
    frame(network, { type: "message", message: second });
    expect([seqs(), network.state.lastSeq]).toEqual([[1, 2], 3]);
    const { conversation, presence } = network.state;
    if (conversation === null || presence === null) throw new Error("not connected");
    frame(network, { type: "welcome", conversation, presence, messages: [], more: false, withdrawn: [2] });
    expect(seqs()).toEqual([1]);
  });

  test("[V1] [V4] a moved mail from above what is loaded leaves no hole in the thread", () => {
    const page = Array.from({ length: 3 }, (_, index) => agentMessage(index + 41));
    const network = new SimulatedNetwork(() => 0.5, { messages: page });
    network.event({ kind: "start" });
    network.advance(1000);
    const seqs = () => network.state.messages.map(({ seq }) => seq);
    const { presence } = network.state;
    const conversation = { id: "c", status: "open", hasEmail: false, readSeq: 0, visitorSeenSeq: 0, assignee: null } as const;
    if (presence === null) throw new Error("not connected");
    const moved = { ...agentMessage(5), mail: { movedTo: { conversationId: "other" } } };
    frame(network, { type: "welcome", conversation, presence, messages: [moved, agentMessage(44)], more: false });
    frame(network, { type: "message", message: moved });
    // What is older is read from the first of these on: 6 to 40 would never be.
    expect([seqs(), network.state.lastSeq]).toEqual([[41, 42, 43, 44], 44]);
    network.event({ kind: "loaded", messages: [agentMessage(4), agentMessage(5), agentMessage(6)] });
    frame(network, { type: "message", message: moved });
    expect(network.state.messages[1]).toEqual(moved);
  });

  test("a delivery replaces that of its message", () => {
    const network = connected();
    network.serverWrites();
    network.advance(100);
    const seq = network.state.messages[0]?.seq ?? 0;
    frame(network, { type: "delivery", seq, delivery: { state: "failed", reason: "no such user" } });
    expect(network.state.messages[0]?.delivery).toEqual({ state: "failed", reason: "no such user" });
  });
});

describe("the connection", () => {
  test("[A7] a socket that dies without a word is noticed and replaced within 30 s", () => {
    const network = connected();
    network.silence();
    network.serverWrites();
    const before = network.now;
    while (network.state.messages.length === 0) network.advance(100);
    expect(network.now - before).toBeLessThanOrEqual(30_000);
  });

  test("a ping goes out at its interval, and a pong changes nothing that is shown", () => {
    const network = connected();
    network.advance(3 * PING_INTERVAL_MS);
    expect(network.pings).toHaveLength(3);
    const before = network.state;
    const pong = { kind: "frame", connection: before.link.connection, frame: null } as const;
    expect(stepClient(before, pong, { now: network.now, random: 0 }, () => false).state).toBe(before);
  });

  test("[A7] attempts back off from half a second to half a minute", () => {
    const network = new SimulatedNetwork(() => 0.999);
    network.isReachable = false;
    network.event({ kind: "start" });
    network.advance(300_000);
    const waits = network.connects.slice(1).map((at, index) => at - (network.connects[index] ?? 0));
    expect(waits[0]).toBeLessThan(700);
    expect(waits.at(-1)).toBeGreaterThan(29_000);
    expect(Math.max(...waits)).toBeLessThan(31_000);
  });

  test.each([
    [4001, "not-allowed"],
    [4003, "too-old"],
  ] as const)("close code %i stops for good", (code, reason) => {
    const network = connected();
    network.cut(code);
    network.advance(600_000);
    expect(computeStatus(network.state)).toEqual({ kind: "stopped", reason, unsent: 0 });
    expect(network.connects).toHaveLength(1);
  });

  test("close code 4008 waits longer than a lost connection", () => {
    const network = connected();
    network.cut(4008);
    network.advance(3900);
    expect(network.connects).toHaveLength(1);
    network.advance(5000);
    expect(network.connects).toHaveLength(2);
  });

  test("[A7] a connection that is lost at once, again and again, is not hammered", () => {
    const network = connected();
    const until = network.now + 60_000;
    while (network.now < until) {
      network.cut(4002);
      network.advance(100);
    }
    expect(network.connects.length).toBeLessThan(12);
  });

  test("the state is told truthfully: connecting, up to date, offline with what is unsent, reconnecting", () => {
    const network = new SimulatedNetwork(() => 0.5);
    network.event({ kind: "start" });
    expect(computeStatus(network.state)).toEqual({ kind: "connecting", unsent: 0 });
    network.advance(1000);
    expect(computeStatus(network.state)).toEqual({ kind: "up-to-date", unsent: 0 });
    network.isReachable = false;
    network.event({ kind: "offline" });
    network.send("a");
    network.send("b");
    expect(computeStatus(network.state)).toEqual({ kind: "offline", unsent: 2 });
    network.event({ kind: "online" });
    expect(computeStatus(network.state)).toEqual({ kind: "reconnecting", unsent: 2 });
    network.isReachable = true;
    network.advance(60_000);
    expect(computeStatus(network.state)).toEqual({ kind: "up-to-date", unsent: 0 });
  });

  test("a page that is looked at again asks at once whether its socket lives, and does not wait for its timer", () => {
    const network = connected();
    network.event({ kind: "visibility", isHidden: true });
    network.advance(1000);
    network.silence();
    network.event({ kind: "visibility", isHidden: false });
    network.advance(PONG_TIMEOUT_MS);
    expect(network.connects).toHaveLength(2);
    expect(network.sentFrames).toContainEqual({ type: "visibility", isHidden: true });
  });

  test("a late event of an old socket is ignored", () => {
    const network = connected();
    network.event({ kind: "closed", connection: network.state.link.connection - 1, code: 4001 });
    expect(computeStatus(network.state).kind).toBe("up-to-date");
  });
});

describe("small frames", () => {
  test("seen never goes back, and is told after a reconnect where it could not be", () => {
    const network = connected();
    network.isReachable = false;
    network.cut();
    network.event({ kind: "seen", seq: 5 });
    network.event({ kind: "seen", seq: 4 });
    network.isReachable = true;
    network.advance(60_000);
    expect(network.sentFrames.filter(({ type }) => type === "seen")).toEqual([{ type: "seen", seq: 5 }]);
  });

  test("typing is passed on every two seconds at most", () => {
    const network = connected();
    for (let index = 0; index < 10; index += 1) {
      network.event({ kind: "typing" });
      network.advance(500);
    }
    expect(network.sentFrames.filter(({ type }) => type === "typing")).toHaveLength(3);
  });

  test("of the drafts that were written without a connection the newest of each kind is sent with the next", () => {
    const network = connected();
    network.cut();
    network.event({ kind: "draft", frame: { type: "draft", kind: "reply", text: "H" } });
    network.event({ kind: "draft", frame: { type: "draft", kind: "reply", text: "Hi" } });
    network.advance(3000);
    expect(network.sentFrames.filter(({ type }) => type === "draft")).toEqual([{ type: "draft", kind: "reply", text: "Hi" }]);
  });
});
