/** Sockets and what goes through them, multiplied (T21): each test does so as an attack did, and shows where it ends. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FRAME_CONTENT_MAX } from "../../../durable-objects/conversation/catch-up.ts";
import { HELLO_DEADLINE_MS, VISITOR_SOCKETS_MAX } from "../../../durable-objects/conversation/socket-limits.ts";
import { CATCH_UP_PER_CLIENT, FRAMES_PER_CLIENT } from "../../../durable-objects/conversation/traffic.ts";
import { UNITS_PER_ASKING } from "../../../durable-objects/conversation/visitor-messages.ts";
import { SOCKETS_PER_CLIENT } from "../../../worker/limits.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { alarmOf, begin, connect, join, send, storedMessages, VISITOR } from "../support/conversation.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { ports } from "../support/ports.ts";
import { visitorSocket, WAIT } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

const ONE_CLIENT = { "cf-connecting-ip": "203.0.113.7" };
beforeEach(async () => {
  await freshDeployment();
});
afterEach(() => {
  vi.useRealTimers();
  ports.reset();
});

const times = (count: number) => Array.from({ length: count }, (_, n) => n);
/** Whoever attacks does not look whether the socket is closed. */
function sendAnyway(socket: { send: (frame: unknown) => void }, frame: unknown): void {
  try {
    socket.send(frame);
  } catch {
    // Closed.
  }
}

/** For hundreds of sockets on a busy machine. */
const LONG = { timeout: 60_000 };
const closedOf = (sockets: readonly { closed: { code: number } | null }[]) => sockets.flatMap(({ closed }) => closed?.code ?? []);

describe("[T21] sockets", () => {
  test("400 on one conversation: as many as one may have, and the others are told why", LONG, async () => {
    const { token } = await beginChat();
    const sockets = await Promise.all(times(400).map(() => visitorSocket(token)));
    await vi.waitFor(() => expect(closedOf(sockets)).toHaveLength(400 - VISITOR_SOCKETS_MAX), WAIT);
    expect(new Set(closedOf(sockets))).toEqual(new Set([4008]));
    const open = sockets.filter(({ closed }) => closed === null);
    for (const socket of open) socket.send({ type: "hello", lastSeq: 0 });
    for (const socket of open) await socket.next("welcome");
    for (const socket of open) socket.close();
  });

  test("of one client over many conversations: as many as it may open within ten minutes", LONG, async () => {
    const tokens: string[] = [];
    for (const _ of times(20)) tokens.push((await beginChat()).token);
    const opening = times(SOCKETS_PER_CLIENT + 20).map((n) =>
      visitorSocket(tokens[n % tokens.length] ?? "", { headers: ONE_CLIENT }),
    );
    const sockets = await Promise.all(opening);
    await vi.waitFor(() => expect(closedOf(sockets)).toHaveLength(20), WAIT);
    expect(new Set(closedOf(sockets))).toEqual(new Set([4008]));
    for (const socket of sockets) if (socket.closed === null) socket.close();
  });

  test("one that never says hello is closed when its time is up; one that does is not", async () => {
    const { id, stub } = await begin();
    const polite = await join(stub, VISITOR);
    // What the first message has set off is done.
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(stub);
      expect(await alarmOf(stub)).toBeNull();
    }, WAIT);
    const silent = await connect(stub, VISITOR);
    await vi.waitFor(async () => expect(await alarmOf(stub)).not.toBeNull(), WAIT);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HELLO_DEADLINE_MS });
    await runDurableObjectAlarm(conversationStub(env, id));
    expect(await silent.end()).toEqual({ code: 4002, reason: "hello_first" });
    expect(polite.closed).toBeNull();
  });
});

describe("[T21] messages", () => {
  test("30 sockets × 100 of one client: one allowance", LONG, async () => {
    const { token, conversationId } = await beginChat();
    const stub = conversationStub(env, conversationId);
    // On this clock only waiting takes time, and lets some grow back.
    const startedAt = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: startedAt });
    const sockets = [];
    for (const _ of times(30)) sockets.push(await visitorSocket(token, { headers: ONE_CLIENT }));
    for (const socket of sockets) sendAnyway(socket, { type: "hello", lastSeq: 1 });
    const open = sockets.slice(0, VISITOR_SOCKETS_MAX);
    for (const socket of open) await socket.next("welcome");
    for (const _ of times(100)) for (const socket of open) sendAnyway(socket, { type: "send", clientId: newId(), text: "spam" });
    for (const socket of sockets) expect((await socket.end()).code).toBe(4008);
    const grown = ((Date.now() - startedAt) / 1_000) * FRAMES_PER_CLIENT.perSecond;
    const stored = (await storedMessages(stub)).length;
    // Each `hello` was a frame, too.
    const fromBurst = 1 + FRAMES_PER_CLIENT.burst - VISITOR_SOCKETS_MAX;
    expect(stored).toBeGreaterThanOrEqual(fromBurst);
    expect(stored).toBeLessThanOrEqual(fromBurst + grown);
  });

  test("a busy conversation's count for its client and the deployment; refused, they stay with their sender", LONG, async () => {
    const asked: { client: string; units: number }[] = [];
    ports.conversation = {
      takeMessages: async (asking) => {
        asked.push(asking);
        return { isAllowed: asked.length < 2 };
      },
    };
    const { stub } = await begin();
    for (const _ of times(60)) await send(stub);
    const socket = await join(stub, { ...VISITOR, client: "somebody" }, 61);
    const write = async () => {
      const from = socket.frames.length;
      const clientId = newId();
      socket.send({ type: "send", clientId, text: "More" });
      await vi.waitFor(() => expect(socket.frames.length).toBeGreaterThan(from), WAIT);
      const frame = socket.frames.at(-1);
      return frame?.type === "rejected" && frame.clientId === clientId ? frame.reason : frame?.type;
    };
    const answers = [];
    for (const _ of times(UNITS_PER_ASKING + 10)) answers.push(await write());
    expect(answers.filter((answer) => answer === "message").length).toBeLessThanOrEqual(UNITS_PER_ASKING + 2);
    expect(answers.at(-1)).toBe("too_much_traffic");
    expect(asked.map(({ client }) => client)).toEqual(["somebody", "somebody"]);
    for (const { units } of asked) expect(units - UNITS_PER_ASKING).toBeLessThanOrEqual(2);
    // It is no reason to end the socket: the text is sent again later.
    expect(socket.closed).toBeNull();
  });
});

describe("[T21] [P4] catching up", () => {
  test("120 hellos of one client: as much as it may be sent, and one history", async () => {
    const { stub, id } = await begin();
    for (const _ of times(100)) await send(stub, { text: "x".repeat(15_000) });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const socket = await connect(conversationStub(env, id), { ...VISITOR, client: "somebody" });
    for (const _ of times(120)) socket.send({ type: "hello", lastSeq: 0 });
    expect((await socket.end()).code).toBe(4008);
    const sent = socket.texts.reduce((sum, text) => sum + text.length, 0);
    const history = 101 * 15_500;
    expect(sent).toBeGreaterThan(history);
    expect(sent).toBeLessThan(CATCH_UP_PER_CLIENT.burst + history);
    // Another socket of the same client brings no more; another client is not kept waiting.
    const again = await connect(conversationStub(env, id), { ...VISITOR, client: "somebody" });
    again.send({ type: "hello", lastSeq: 0 });
    expect((await again.end()).code).toBe(4008);
    await join(conversationStub(env, id), { ...VISITOR, client: "another" });
  });

  test("long histories come in frames of bounded length, without a gap", async () => {
    const { stub } = await begin();
    for (const _ of times(60)) await send(stub, { text: "x".repeat(15_000) });
    const socket = await join(stub, VISITOR);
    await vi.waitFor(() => {
      const last = socket.frames.findLast((frame) => frame.type === "messages" || frame.type === "welcome");
      expect(last).toMatchObject({ more: false });
    }, WAIT);
    expect(Math.max(...socket.texts.map(({ length }) => length))).toBeLessThan(FRAME_CONTENT_MAX + 20_000);
    const seqs = socket.frames.flatMap((frame) => ("messages" in frame ? frame.messages.map(({ seq }) => seq) : []));
    expect(seqs).toEqual(times(61).map((n) => n + 1));
  });
});
