/** Mails a second: the whole intake beside the bare storage calls, and how much of it is parsing. */
import { setTimeout as wait } from "node:timers/promises";
import { MAILBOX, type Office } from "../../tools/faults/office.ts";
import type { LocalWorker } from "../../tools/local-worker/local-worker.ts";
import { parseMail } from "../../worker/email/parse.ts";
import { takeCounts } from "./billing-section.ts";
import { median, type Section } from "./section.ts";
import { SECRETS } from "./targets.ts";

const MAILS = 150;
const AT_ONCE = 4;
const MAIL_BYTES = 5_000;
const POLL_MS = 50;
const APPLIED_TIMEOUT_MS = 60_000;
const SHARE_MIN = 0.6;

/** Each from somebody else: more than a few from one sender count as a machine's. */
function makeMail(run: number, index: number): string {
  const person = `person-${run}-${index}@customer.test`;
  const line = "Could you tell me when my order arrives? It was said to be here last week.\r\n";
  const head = [
    `From: Person <${person}>`,
    `To: ${MAILBOX}`,
    `Subject: Order ${index}`,
    `Message-ID: <${run}.${index}@customer.test>`,
  ];
  const date = "Date: Mon, 02 Nov 2026 10:00:00 +0000";
  return [...head, date, "", line.repeat(Math.ceil(MAIL_BYTES / line.length))].join("\r\n");
}

async function forEach(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function post(url: string, body: string): Promise<void> {
  const headers = { authorization: `Bearer ${SECRETS.INBOUND_MAIL_SECRET}` };
  const response = await fetch(url, { method: "POST", headers, body });
  await response.body?.cancel();
  if (response.status !== 202) throw new Error(`${url}: ${response.status}`);
}

/** @returns mails a second, until the last of them is in its conversation's list */
async function measureIntake(worker: LocalWorker, office: Office, run: number): Promise<number> {
  const before = (await office.list("email"))?.length ?? 0;
  const startedAt = performance.now();
  await forEach(MAILS, (index) => {
    const query = new URLSearchParams({ from: `person-${run}-${index}@customer.test`, to: MAILBOX });
    return post(`${worker.url}/email/inbound?${query}`, makeMail(run, index));
  });
  const deadline = startedAt + APPLIED_TIMEOUT_MS;
  while (((await office.list("email"))?.length ?? 0) < before + MAILS && performance.now() < deadline) await wait(POLL_MS);
  return (MAILS / (performance.now() - startedAt)) * 1_000;
}

/** @param calls of D1 for one mail */
async function measureBare(worker: LocalWorker, run: number, calls: { reads: number; writes: number }): Promise<number> {
  const startedAt = performance.now();
  const query = `reads=${calls.reads}&writes=${calls.writes}`;
  await forEach(MAILS, (index) => post(`${worker.url}/bench/bare-mail?${query}`, makeMail(run, index)));
  return (MAILS / (performance.now() - startedAt)) * 1_000;
}

/** Ms of one mail in the parser, warm. */
async function measureParsing(): Promise<number> {
  const mails = Array.from({ length: MAILS }, (_, index) => new TextEncoder().encode(makeMail(0, index)));
  for (const mail of mails) await parseMail(mail);
  const startedAt = performance.now();
  for (const mail of mails) await parseMail(mail);
  return (performance.now() - startedAt) / MAILS;
}

const row = (name: string, value: number, note?: string, isMet?: boolean) => ({
  name,
  cells: [{ title: "", value, ...(note === undefined ? {} : { note }), ...(isMet === undefined ? {} : { isMet }) }],
});

/** @param worker one with an empty list: it is polled */
export async function measureMails(worker: LocalWorker, office: Office, repeats: number): Promise<Section> {
  const whole: number[] = [];
  const bare: number[] = [];
  let calls = { reads: 0, writes: 0 };
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    await takeCounts(worker);
    whole.push(await measureIntake(worker, office, repeat + 1));
    const { d1Calls, d1Writes } = await takeCounts(worker);
    calls = { reads: Math.round((d1Calls - d1Writes) / MAILS), writes: Math.round(d1Writes / MAILS) };
    bare.push(await measureBare(worker, repeat + 1, calls));
  }
  const parsingMs = await measureParsing();
  const ratio = median(whole) / median(bare);
  return {
    title: `Mail intake: mails of ${MAIL_BYTES / 1_000} KB, ${AT_ONCE} at once`,
    rows: [
      row("whole intake, mails/s", median(whole)),
      row("bare storage calls, mails/s", median(bare)),
      row("whole ÷ bare", ratio, `≥ ${SHARE_MIN}`, ratio >= SHARE_MIN),
      row("parsing, ms a mail", parsingMs),
      row("parsing, % of a mail's time", ((parsingMs * median(whole)) / 1_000) * 100),
      row("D1 calls a mail that read", calls.reads),
      row("D1 calls a mail that write", calls.writes),
    ],
    raw: { whole, bare, parsingMs, calls },
  };
}
