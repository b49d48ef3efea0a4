/** [O11] [T1] Chat replies that nobody has seen, on the real object: how many mails there are of them, and to whom. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { aMail } from "../../support/conversation-builders.ts";
import {
  AUTHOR_ANA,
  VISITOR,
  begin,
  chatOpenRequest,
  confirmAddress,
  freshStorage,
  join,
  send,
  settle,
  type ConversationStub,
} from "../support/conversation.ts";
import { newId } from "../support/deployment.ts";
import { ports, takeMail } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

const CARLA = "carla@customer.test";
const UNSEEN_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;

beforeEach(async () => {
  await freshStorage();
  ports.conversation = { deliver: takeMail };
});
afterEach(() => vi.useRealTimers());

/** Noon of a day, so that a few minutes are never two days. */
let noon = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS + DAY_MS / 2;

function later(ms: number): void {
  noon += ms;
  vi.useFakeTimers({ toFake: ["Date"], now: noon });
}

/** An agent's reply in the chat, and the time passes for which it waits to be seen. */
async function unseenReply(stub: ConversationStub): Promise<number> {
  later(1_000);
  const { seq } = await send(stub, { author: AUTHOR_ANA, unseenMs: UNSEEN_MS });
  later(UNSEEN_MS);
  await runDurableObjectAlarm(stub);
  return seq;
}

async function stateOf(stub: ConversationStub, seq: number) {
  return vi.waitFor(async () => {
    const state = (await stub.findMessage(seq))?.delivery?.state;
    expect(["queued", "sending"]).not.toContain(state);
    return state;
  }, WAIT);
}

/** Whether each of so many replies was mailed, one after another. */
async function mailed(stub: ConversationStub, count: number): Promise<boolean[]> {
  const answers = [];
  for (let n = 0; n < count; n += 1) answers.push((await stateOf(stub, await unseenReply(stub))) === "sent");
  return answers;
}

const beginChat = () => begin({ open: chatOpenRequest() });

describe("to an address", () => {
  test("that was only typed: one mail of a conversation in all", async () => {
    const { stub } = await beginChat();
    expect(await mailed(stub, 2)).toEqual([true, false]);
    later(3 * DAY_MS);
    expect(await mailed(stub, 1)).toEqual([false]);
    expect(ports.seen.delivered.map(({ to, level }) => [to, level])).toEqual([[CARLA, "typed"]]);
  });

  test("that has answered a mail of ours: three a day, and again the next day", async () => {
    const { id, stub } = await beginChat();
    const open = chatOpenRequest({ id });
    await stub.receiveMail(aMail({ open, messageId: `${newId()}@x.test`, mail: { from: { address: CARLA } }, isAnswer: true }));
    expect(await mailed(stub, 4)).toEqual([true, true, true, false]);
    later(DAY_MS);
    expect(await mailed(stub, 1)).toEqual([true]);
  });

  test("that its visitor has shown to be theirs: as many as there are", async () => {
    const { stub } = await beginChat();
    const socket = await join(stub, await confirmAddress(stub, CARLA));
    socket.close();
    await vi.waitFor(() => expect(ports.seen.presence.at(-1)?.[1]).toBe(false), WAIT);
    expect(await mailed(stub, 5)).toEqual([true, true, true, true, true]);
  });
});

test("one that is not needed any more, because they have answered, counts for no limit", async () => {
  ports.conversation = { deliver: async () => ({ kind: "deferred", reason: "greylisted" }) };
  const { stub } = await beginChat();
  const seq = await unseenReply(stub);
  await vi.waitFor(async () => expect((await stub.findMessage(seq))?.delivery?.reason).toBe("greylisted"), WAIT);
  await send(stub, { text: "Here I am" });
  expect((await stub.findMessage(seq))?.delivery).toEqual({ state: "seen" });
  ports.conversation = { deliver: takeMail };
  expect(await mailed(stub, 2)).toEqual([true, false]);
});

test("[T16] nor one that they have seen before it left", async () => {
  ports.conversation = { deliver: async () => ({ kind: "deferred", reason: "greylisted" }) };
  const { stub } = await beginChat();
  const seq = await unseenReply(stub);
  await vi.waitFor(async () => expect((await stub.findMessage(seq))?.delivery?.reason).toBe("greylisted"), WAIT);
  const visitor = await join(stub, VISITOR);
  visitor.send({ type: "seen", seq });
  await settle(visitor);
  expect((await stub.findMessage(seq))?.delivery).toEqual({ state: "seen" });
  visitor.close();
  await vi.waitFor(() => expect(ports.seen.presence.at(-1)?.[1]).toBe(false), WAIT);
  ports.conversation = { deliver: takeMail };
  expect(await mailed(stub, 2)).toEqual([true, false]);
});
