import "../support/bindings.ts";
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Env } from "../../../worker/env.ts";
import { forgetRefusals, peekTotals, refundTotals, takeTotals, type TotalsRequest } from "../../../worker/totals.ts";
import { freshStorage } from "../support/conversation.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ADDRESS = "vera@example.test";

const request = (over: Partial<TotalsRequest> = {}): TotalsRequest => ({
  key: `codes:address:${ADDRESS}`,
  limits: [{ windowMs: HOUR, max: 3 }],
  ...over,
});
const ask = async (requests: TotalsRequest[], onSilence: "allow" | "refuse" = "refuse") =>
  takeTotals(env, requests, { onSilence });
const stub = () => env.TOTALS.get(env.TOTALS.idFromName("codes"));
/** The Worker's bindings with another way to the object. */
const withTotals = (get: Env["TOTALS"]["get"]): Env => ({
  ...env,
  TOTALS: Object.assign(Object.create(env.TOTALS), { get, idFromName: (name: string) => env.TOTALS.idFromName(name) }),
});
const rows = async () =>
  runInDurableObject(stub(), (_, { storage }) => storage.sql.exec("SELECT key, tally FROM tallies").toArray());

beforeEach(freshStorage);
afterEach(() => {
  vi.useRealTimers();
});

test("[T21] what was counted survives the process: a crash forgives nothing", async () => {
  for (let n = 0; n < 3; n += 1) expect((await ask([request()])).isAllowed).toBe(true);
  await abortAllDurableObjects();
  forgetRefusals();
  const answer = await ask([request()]);
  expect(answer).toMatchObject({ isAllowed: false, isSilent: false, key: `codes:address:${ADDRESS}`, windowMs: HOUR });
});

test("[T21] of many at the same instant exactly as many are allowed as the limit says", async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, async () => ask([request()])));
  expect(answers.filter(({ isAllowed }) => isAllowed)).toHaveLength(3);
});

test("[T21] all or nothing over several keys, and what was taken can be given back", async () => {
  const client = request({ key: "codes:client:192.0.2.1", limits: [{ windowMs: HOUR, max: 1 }] });
  const taken = await ask([request(), client]);
  expect(await ask([request(), client])).toMatchObject({ isAllowed: false, key: client.key });
  expect((await peekTotals(env, [request(), client]))?.map(({ key, used }) => [key, used])).toEqual([
    [request().key, 1],
    [client.key, 1],
  ]);
  if (!taken.isAllowed) throw new Error("the first is allowed");
  await refundTotals(env, [request(), client], taken.takenAt);
  expect((await peekTotals(env, [request(), client]))?.map(({ used }) => used)).toEqual([0, 0]);
});

test("[T18] no address is stored, nor a hash that could be made without the secret", async () => {
  await ask([request()]);
  const stored = await rows();
  expect(stored).toHaveLength(1);
  expect(JSON.stringify(stored)).not.toContain("vera");
  await takeTotals({ ...env, APP_SECRET: "another-secret-0123456789abcdef0123456789" }, [request()], { onSilence: "refuse" });
  expect(await rows()).toHaveLength(2);
});

test("[T21] counts in memory cost no row, and a crash forgives them", async () => {
  const opened = request({ isForgiving: true });
  for (let n = 0; n < 3; n += 1) await ask([opened]);
  expect((await ask([opened])).isAllowed).toBe(false);
  expect(await rows()).toEqual([]);
  await abortAllDurableObjects();
  forgetRefusals();
  expect((await ask([opened])).isAllowed).toBe(true);
});

test("[T21] rows that count no more are removed by the alarm, others stay", async () => {
  await ask([request(), request({ key: "codes:client:192.0.2.1", limits: [{ windowMs: 24 * HOUR, max: 9 }] })]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * HOUR });
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  expect(await rows()).toHaveLength(1);
  vi.setSystemTime(Date.now() + 48 * HOUR);
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  expect(await rows()).toEqual([]);
  // Nothing is left to look at.
  expect(await runDurableObjectAlarm(stub())).toBe(false);
});

test("[T21] a refusal is remembered for a while: a flood is not passed on", async () => {
  let calls = 0;
  const bindings = withTotals((id) => {
    calls += 1;
    return env.TOTALS.get(id);
  });
  for (let n = 0; n < 50; n += 1) await takeTotals(bindings, [request()], { onSilence: "allow" });
  expect(calls).toBe(4);
  // One who may have more of the same, or who asks for somebody else, is asked for.
  expect(
    (await takeTotals(bindings, [request({ limits: [{ windowMs: HOUR, max: 9 }] })], { onSilence: "allow" })).isAllowed,
  ).toBe(true);
  expect(
    (await takeTotals(bindings, [request({ key: "codes:address:ben@example.test" })], { onSilence: "allow" })).isAllowed,
  ).toBe(true);
});

test.each(["hang", "fail"])("[T21] totals that %s: chat goes on, codes and automatic mails wait", async (how) => {
  const take = async () => (how === "fail" ? Promise.reject(new Error("away")) : new Promise<never>(() => {}));
  const bindings = { ...withTotals((id) => Object.assign(Object.create(env.TOTALS.get(id)), { take })), TOTALS_WAIT_MS: "20" };
  expect(await takeTotals(bindings, [request()], { onSilence: "allow" })).toMatchObject({ isAllowed: true, isSilent: true });
  expect(await takeTotals(bindings, [request()], { onSilence: "refuse" })).toMatchObject({ isAllowed: false, isSilent: true });
});

test("[T21] what nobody waits for is counted all the same, and refused where that is known", async () => {
  const unawaited = () => takeTotals(env, [request()], { onSilence: "allow", waitMs: 0 });
  for (let n = 0; n < 3; n += 1) expect((await unawaited()).isAllowed).toBe(true);
  await expect.poll(async () => (await peekTotals(env, [request()]))?.map(({ used }) => used)).toEqual([3]);
  await unawaited();
  await expect.poll(async () => (await unawaited()).isAllowed).toBe(false);
});

test("[T21] what cannot be counted in one transaction is no request", async () => {
  const mixed = async () => ask([request(), request({ key: "chats:deployment" })]);
  await expect(mixed()).rejects.toThrow("totals of different kinds");
});
