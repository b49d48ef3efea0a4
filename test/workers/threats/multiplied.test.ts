/** What a stranger can multiply (T21): each test does so as an attack did, and shows where it ends. */
import { beforeEach, describe, expect, test } from "vitest";
import { noticesSchema } from "../../../worker/domain/notices.ts";
import {
  ADDRESSES_PER_CLIENT_HOUR,
  ADDRESSES_PER_CONVERSATION_HOUR,
  CHATS_PER_CLIENT_HOUR,
  UPLOAD_BYTES_MIN,
} from "../../../worker/limits.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { call, clientAddress, read, SITE } from "../support/http.ts";
import { inboxSocket, visitorSocket, WAIT } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

/** For hundreds of requests, or of megabytes, on a busy machine. */
const LONG = { timeout: 60_000 };
const MEGABYTE = 1024 * 1024;
const ONE_CLIENT = { "cf-connecting-ip": "203.0.113.7" };
let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const times = (count: number) => Array.from({ length: count }, (_, n) => n);
const counted = (statuses: readonly number[]) =>
  Object.fromEntries([...new Set(statuses)].map((status) => [status, statuses.filter((one) => one === status).length]));
const kinds = async () => (await read(noticesSchema, { key }, "GET /api/notices")).items.map(({ kind }) => kind);

function create(headers: Record<string, string> = {}, body: Record<string, unknown> = {}) {
  const message = { clientId: newId(), text: "Hello", ...body };
  return call(null, "POST /widget/conversations", { body: message, headers: { origin: SITE, ...headers } });
}

describe("[T21] [T10] addresses", () => {
  test("200 in one conversation, each from another client: five", LONG, async () => {
    const { token } = await beginChat();
    const answers = [];
    for (const n of times(200))
      answers.push(await call({ token }, "POST /widget/contact", { body: { email: `victim${n}@example.test` } }));
    expect(counted(answers.map(({ status }) => status))).toEqual({
      204: ADDRESSES_PER_CONVERSATION_HOUR,
      429: 200 - ADDRESSES_PER_CONVERSATION_HOUR,
    });
    const waits = answers.flatMap(({ headers, status }) => (status === 429 ? [Number(headers.get("retry-after"))] : []));
    // An hour, and at most the part of it by which a count is inexact.
    expect(Math.min(...waits)).toBeGreaterThan(3_500);
    expect(Math.max(...waits)).toBeLessThanOrEqual(3_600 * 1.125 + 1);
  });

  test("with a code that is to go there: as any other, five in one conversation", async () => {
    const { token } = await beginChat();
    const answers = [];
    for (const n of times(ADDRESSES_PER_CONVERSATION_HOUR + 3))
      answers.push((await call({ token }, "POST /widget/codes", { body: { email: `victim${n}@example.test` } })).status);
    expect(counted(answers)).toEqual({ 202: ADDRESSES_PER_CONVERSATION_HOUR, 429: 3 });
  });

  test(
    "one in each of 40 conversations, by one client: as many as a client may, with the first message or later",
    LONG,
    async () => {
      const answers = [];
      for (const n of times(40))
        answers.push((await create(ONE_CLIENT, { contact: { email: `victim${n}@example.test` } })).status);
      expect(counted(answers)).toEqual({ 201: ADDRESSES_PER_CLIENT_HOUR, 429: 40 - ADDRESSES_PER_CLIENT_HOUR });
      const { token } = await beginChat();
      expect(
        (await call({ token }, "POST /widget/contact", { body: { email: "v@example.test" }, headers: ONE_CLIENT })).status,
      ).toBe(429);
    },
  );
});

describe("[T21] [T10] new conversations", () => {
  test("of one client in one /64: as many as it may", LONG, async () => {
    const answers = [];
    // The platform's own limit counts by the minute.
    for (const n of times(CHATS_PER_CLIENT_HOUR + 20))
      answers.push((await create({ "cf-connecting-ip": `2001:db8:1:2::${n.toString(16)}` })).status);
    expect(counted(answers)).toEqual({ 201: CHATS_PER_CLIENT_HOUR, 429: 20 });
    expect(await kinds()).toEqual([]);
  });

  test("[L6] of a new /64 each: the deployment's total holds, and the owner is told once, at once", LONG, async () => {
    ({ key } = (await freshDeployment({ limits: { chatsPerHour: 10 } })).owner);
    const inbox = await inboxSocket({ key });
    inbox.send({ type: "hello" });
    await inbox.next("welcome");
    const answers = [];
    for (const n of times(40)) answers.push((await create({ "cf-connecting-ip": clientAddress(9_000 + n) })).status);
    expect(counted(answers)).toEqual({ 201: 10, 429: 30 });
    await inbox.next("notices");
    const { items } = await read(noticesSchema, { key }, "GET /api/notices");
    expect(items).toMatchObject([{ kind: "chats", count: 1, brake: null }]);
    expect(inbox.frames.filter(({ type }) => type === "notices")).toHaveLength(1);
  });

  test("a chat that is open goes on while no new one can be begun", async () => {
    await freshDeployment({ limits: { chatsPerHour: 1 } });
    const { token } = await beginChat();
    expect((await create()).status).toBe(429);
    const socket = await visitorSocket(token);
    socket.send({ type: "hello", lastSeq: 0 });
    socket.send({ type: "send", clientId: newId(), text: "Still here" });
    expect((await socket.next("message")).message.text).toBe("Still here");
  });
});

describe("[T21] [T10] files", () => {
  const upload = (token: string, body: Uint8Array) =>
    call({ token }, "POST /widget/attachments", { body, headers: { ...ONE_CLIENT, "x-filename": "a.bin" } });

  test("8 × 20 MB in one conversation: five", LONG, async () => {
    const { token } = await beginChat();
    const file = new Uint8Array(20 * MEGABYTE);
    const answers = [];
    for (const _ of times(8)) answers.push((await upload(token, file)).status);
    expect(counted(answers)).toEqual({ 201: 5, 429: 3 });
  });

  test("a new conversation for each: ten of that size in an hour by one client", LONG, async () => {
    const file = new Uint8Array(20 * MEGABYTE);
    const answers = [];
    for (const _ of times(14)) answers.push((await upload((await beginChat()).token, file)).status);
    expect(counted(answers)).toEqual({ 201: 10, 429: 4 });
  });

  test("tiny ones count as a quarter of a megabyte; the deployment's total holds for everybody, and the owner is told", async () => {
    ({ key } = (await freshDeployment({ limits: { uploadMegabytesPerDay: 2 } })).owner);
    const answers = [];
    for (const n of times(12)) {
      const { token } = await beginChat();
      const headers = { "cf-connecting-ip": clientAddress(20_000 + n) };
      answers.push((await call({ token }, "POST /widget/attachments", { body: new Uint8Array(1), headers })).status);
    }
    const max = (2 * MEGABYTE) / UPLOAD_BYTES_MIN;
    expect(counted(answers)).toEqual({ 201: max, 429: 12 - max });
    await expect.poll(kinds, WAIT).toEqual(["uploads"]);
  });

  test("one that is refused for what it is counts for nothing", async () => {
    ({ key } = (await freshDeployment({ limits: { uploadMegabytesPerDay: 1 } })).owner);
    const { token } = await beginChat();
    for (const _ of times(10)) expect((await upload(token, new Uint8Array(0))).status).toBe(422);
    expect((await upload(token, new Uint8Array(1))).status).toBe(201);
  });
});
