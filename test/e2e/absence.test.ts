/** Away for long, or cut off in the middle: every screen catches up exactly, in order, and says how current it is. */
import { once } from "node:events";
import type { Page } from "playwright-core";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RawData, WebSocket } from "ws";
import { waitUntilFree } from "../../tools/start/ports.ts";
import { BadNetwork } from "../support/bad-network.ts";
import type { Colleague } from "../support/company.ts";
import type { InboxScreen } from "../support/inbox-screen.ts";
import { makeClientId } from "../support/stack.ts";
import { useCompany } from "../support/use-company.ts";
import type { VisitorScreen } from "../support/visitor-screen.ts";

const ABSENCE_MESSAGES = 10_000;
/** Sent before the ones before them are acknowledged. */
const WINDOW = 200;
const SLOW_MS = 120_000;
const WELCOME = "We are here.";
const PORTS_FREE_MS = 20_000;

const company = useCompany();
let ana: Colleague;
let ben: Colleague;
let network: BadNetwork;

const messageSchema = v.object({ seq: v.number(), text: v.string() });
const pageSchema = v.object({ messages: v.array(messageSchema) });
const frameSchema = v.pipe(v.string(), v.parseJson(), v.looseObject({ type: v.string() }));
const pagedFrameSchema = v.object({ type: v.picklist(["welcome", "messages"]), messages: v.array(messageSchema) });

beforeAll(async () => {
  ana = await company().invite("Ana Ruiz");
  ben = await company().invite("Ben Hall");
  network = await BadNetwork.open(company());
});
afterAll(() => network.close());

const idOf = ({ page }: InboxScreen) => new URL(page.url()).pathname.split("/").at(-1) ?? "";
const upTo = (n: number, of: string) => Array.from({ length: n }, (_, index) => `${of} ${index + 1}`);

/** A visitor and Ana in one conversation, both behind the bad network. */
async function meet(text: string): Promise<{ visitor: VisitorScreen; inbox: InboxScreen; id: string }> {
  const visitor = await network.visitor();
  await visitor.say(text);
  const inbox = await network.inbox(ana);
  await inbox.openConversation(text);
  // Acknowledged, and seen by the other: both sockets are up.
  await inbox.reply(WELCOME);
  await visitor.message(WELCOME).waitFor();
  return { visitor, inbox, id: idOf(inbox) };
}

async function storedTexts(id: string): Promise<string[]> {
  return (await ben.client.get(`/api/conversations/${id}`, pageSchema)).messages.map(({ text }) => text);
}

const widgetTexts = ({ panel }: VisitorScreen) => panel.locator(".row .text").allTextContents();

/** As a laptop whose lid is closed: nothing runs, and the clock has jumped when it is opened. */
async function fallAsleep(page: Page): Promise<() => Promise<void>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  return async () => {
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await page.clock.fastForward("01:00:00");
  };
}

describe("away", () => {
  test(
    "a laptop that slept for an hour shows all that came meanwhile, in order, on a socket that died in its sleep",
    async () => {
      const { visitor, inbox, id } = await meet("Before the night");
      for (const { page } of [visitor, inbox]) {
        await page.clock.install();
        await page.reload();
      }
      await visitor.message("Before the night").waitFor();
      await inbox.message("Before the night").waitFor();
      const wakers = [await fallAsleep(visitor.page), await fallAsleep(inbox.page)];
      network.goDown();
      const texts = upTo(60, "In the night");
      await sendAll(id, texts);
      // The network is back, and the old connections are dead without a word.
      network.recover({ shouldReset: false });
      for (const wake of wakers) await wake();
      await inbox.message("In the night 60").waitFor();
      await expect.poll(() => widgetTexts(visitor), { timeout: 30_000 }).toEqual(["Before the night", WELCOME, ...texts]);
      await inbox.field.fill("Good morning");
      await inbox.field.press("Control+Enter");
      await visitor.message("Good morning").waitFor();
      expect(await storedTexts(id)).toEqual([...texts.slice(11), "Good morning"]);
    },
    SLOW_MS,
  );

  test(
    `an absence of ${ABSENCE_MESSAGES} messages is caught up exactly, in order`,
    async () => {
      const { visitor, inbox, id } = await meet("Before the flood");
      const caughtUp = watchCatchUp(inbox.page, id);
      network.goDown();
      const texts = upTo(ABSENCE_MESSAGES, "Flood");
      const seqs = await sendAll(id, texts);
      network.recover();
      await inbox.message(`Flood ${ABSENCE_MESSAGES}`).waitFor({ timeout: SLOW_MS });
      // The two from before are asked for again, because their delivery may have changed.
      expect(caughtUp()).toEqual([1, 2, ...seqs]);
      await visitor.message(`Flood ${ABSENCE_MESSAGES}`).waitFor({ timeout: SLOW_MS });
      expect(await widgetTexts(visitor)).toEqual(["Before the flood", WELCOME, ...texts]);
    },
    2 * SLOW_MS,
  );
});

/**
 * The seqs that the catch-up after a reconnect brings, as they come. Where a busy page had to connect again in the middle
 * it goes on where it was: what comes once more was not taken the first time.
 */
function watchCatchUp(page: Page, id: string): () => number[] {
  let seqs: number[] = [];
  page.on("websocket", (socket) => {
    if (!socket.url().includes(id)) return;
    let isFirst = true;
    socket.on("framereceived", ({ payload }) => {
      const frame = v.safeParse(frameSchema, String(payload));
      const paged = v.safeParse(pagedFrameSchema, frame.output);
      if (!paged.success) return;
      const [begin = 0] = paged.output.messages.map(({ seq }) => seq);
      if (isFirst) seqs = seqs.filter((seq) => seq < begin);
      isFirst = false;
      seqs.push(...paged.output.messages.map(({ seq }) => seq));
    });
  });
  return () => seqs;
}

/** Ben writes all of them on one socket, without waiting for each. @returns their seqs */
async function sendAll(id: string, texts: string[]): Promise<number[]> {
  const url = `${company().stack.url.replace("http", "ws")}/api/conversations/${id}/socket`;
  const socket = new WebSocket(url, ["hilo.v1"], { headers: { cookie: ben.client.cookie, origin: company().stack.url } });
  await once(socket, "open");
  const seqs: number[] = [];
  const done = Promise.withResolvers<void>();
  let next = 0;
  const sendMore = () => {
    for (; next < texts.length && next - seqs.length < WINDOW; next += 1)
      socket.send(JSON.stringify({ type: "send", clientId: makeClientId(), text: texts[next], channel: "chat" }));
  };
  socket.on("message", (data: RawData) => {
    const frame = v.parse(frameSchema, Buffer.isBuffer(data) ? data.toString() : "");
    if (frame.type === "rejected") done.reject(new Error(JSON.stringify(frame)));
    const acknowledged = v.safeParse(v.object({ clientId: v.string(), message: messageSchema }), frame);
    if (acknowledged.success) seqs.push(acknowledged.output.message.seq);
    if (frame.type === "welcome" || acknowledged.success) sendMore();
    if (seqs.length === texts.length) done.resolve();
  });
  socket.on("close", (code) => done.reject(new Error(`closed with ${code} after ${seqs.length}`)));
  socket.send(JSON.stringify({ type: "hello", lastSeq: 0 }));
  await done.promise;
  socket.terminate();
  return seqs;
}

describe("cut off", () => {
  test(
    "what was being sent when the server was killed is there once, and so is what was written while it was gone",
    async () => {
      const { visitor, inbox, id } = await meet("Before the crash");
      network.loseAnswers();
      await visitor.field.fill("Did you get this?");
      await visitor.field.press("Enter");
      await inbox.field.fill("On its way");
      await inbox.field.press("Control+Enter");
      await expect.poll(() => storedTexts(id)).toHaveLength(4);
      const { stack } = company();
      await stack.end("SIGKILL");
      network.recover();
      await visitor.field.fill("Hello?");
      await visitor.field.press("Enter");
      await visitor.panel.locator(".row.pending").filter({ hasText: "Hello?" }).waitFor();
      await inbox.thread.getByText("Waiting for the connection…").first().waitFor();
      expect(await waitUntilFree(Object.values(stack.ports), PORTS_FREE_MS)).toBe(true);
      await stack.start();

      await visitor.panel.locator(".row.own:not(.pending)").filter({ hasText: "Hello?" }).waitFor({ timeout: SLOW_MS });
      await inbox.message("Hello?").waitFor({ timeout: SLOW_MS });
      const all = ["Before the crash", WELCOME, "Did you get this?", "On its way", "Hello?"];
      await expect.poll(async () => (await storedTexts(id)).toSorted()).toEqual(all.toSorted());
      await expect.poll(async () => (await widgetTexts(visitor)).toSorted()).toEqual(all.toSorted());
      await expect.poll(() => inbox.thread.getByText("Waiting for the connection…").count()).toBe(0);
      for (const text of all) expect(await inbox.message(text).count()).toBe(1);
      expect(await storedTexts(id)).toEqual(await widgetTexts(visitor));
    },
    SLOW_MS,
  );
});
