/** What the platform bills: rows written in the object per chat message, and nothing for looking or idling. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { uuid } from "../../support/conversation-builders.ts";
import {
  ANA,
  AUTHOR_ANA,
  VISITOR,
  alarmOf,
  begin,
  freshStorage,
  join,
  send,
  settle,
  type ConversationStub,
} from "../support/conversation.ts";
import { ports } from "../support/ports.ts";
import { WAIT } from "../support/socket.ts";

beforeEach(freshStorage);

/** Rows that the budget allows for one chat message. */
const ROWS_PER_MESSAGE_MAX = 4;

/** Counts every row that the object writes from now on; an alarm that is set is one, too. */
async function countRows(stub: ConversationStub): Promise<{ rows: number; alarms: number }> {
  const count = { rows: 0, alarms: 0 };
  await runInDurableObject(stub, (_, { storage }) => {
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    const setAlarm = storage.setAlarm.bind(storage);
    Object.defineProperty(sql, "exec", {
      configurable: true,
      value: (...input: Parameters<typeof exec>) => {
        const cursor = exec(...input);
        count.rows += cursor.rowsWritten;
        return cursor;
      },
    });
    Object.defineProperty(storage, "setAlarm", {
      configurable: true,
      value: async (...input: Parameters<typeof setAlarm>) => {
        count.alarms += 1;
        return setAlarm(...input);
      },
    });
  });
  return count;
}

/** Everything is in the lists without the alarm, which finds nothing to do and is not set again. */
async function untilIdle(stub: ConversationStub): Promise<void> {
  await vi.waitFor(async () => {
    expect(ports.seen.saved.at(-1)?.item.revision).toBe((await stub.item())?.revision);
  }, WAIT);
  const { length } = ports.seen.saved;
  await runDurableObjectAlarm(stub);
  expect(await alarmOf(stub)).toBeNull();
  expect(ports.seen.saved).toHaveLength(length);
}

test("a chat message writes at most 4 rows, the alarm included, in the quiet and in a burst", async () => {
  const { stub } = await begin();
  await send(stub, { author: AUTHOR_ANA });
  await untilIdle(stub);
  const count = await countRows(stub);
  await send(stub);
  expect(count.rows).toBeGreaterThan(1);
  expect(count.rows + count.alarms).toBeLessThanOrEqual(ROWS_PER_MESSAGE_MAX);
  await untilIdle(stub);
  Object.assign(count, { rows: 0, alarms: 0 });
  const visitor = await join(stub, VISITOR);
  for (let index = 0; index < 50; index += 1) visitor.send({ type: "send", clientId: uuid(index), text: "Again" });
  await settle(visitor);
  await untilIdle(stub);
  expect(count.rows).toBeGreaterThanOrEqual(100);
  expect(count.rows + count.alarms).toBeLessThanOrEqual(50 * ROWS_PER_MESSAGE_MAX);
});

test("coming, catching up, typing, pings, repeats, refusals and looking write nothing", async () => {
  const { stub } = await begin({ clientId: uuid(1) });
  await untilIdle(stub);
  const count = await countRows(stub);
  const visitor = await join(stub, VISITOR);
  visitor.send("ping");
  visitor.send({ type: "typing" });
  visitor.send({ type: "visibility", isHidden: true });
  visitor.send({ type: "seen", seq: 1 });
  visitor.send({ type: "send", clientId: uuid(1), text: "Hello" });
  visitor.send({ type: "send", clientId: uuid(2), text: " " });
  await settle(visitor);
  await stub.view("agent", 50);
  await stub.older(null, 50);
  visitor.close();
  await vi.waitFor(() => expect(ports.seen.presence.at(-1)?.[1]).toBe(false), WAIT);
  expect(count).toEqual({ rows: 0, alarms: 0 });
});

test("an agent who watches costs an alarm and no row", async () => {
  const { stub } = await begin();
  await untilIdle(stub);
  const count = await countRows(stub);
  const ana = await join(stub, ANA);
  await settle(ana);
  expect(count).toEqual({ rows: 0, alarms: 1 });
});
