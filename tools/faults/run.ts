/** One run of the suite: the real stack, traffic, the planned faults, quiet, and the judgement. */
import { setTimeout as wait } from "node:timers/promises";
import { startSmtpGateway } from "../smtp-gateway/gateway.ts";
import { judge, type StoredConversation, type Verdict } from "./checker.ts";
import { Company } from "./company.ts";
import { becomeBrowser, tellBrowser } from "./device.ts";
import { MailServer } from "./mail-server.ts";
import { Office } from "./office.ts";
import { FaultyProxy } from "./proxy.ts";
import { Random } from "./random.ts";
import { makeSchedule, type Fault } from "./schedule.ts";
import { FaultyServer, INBOUND_MAIL_SECRET } from "./server.ts";

export interface RunOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly chats: number;
  readonly correspondents: number;
  /** Holds state, bundle and log of the server. */
  readonly folder: string;
  /** At the end silent connections are reset, so that nobody has to find out by a heartbeat that they are dead. */
  readonly isHurried?: boolean;
  readonly onProgress?: (text: string) => void;
}

export interface RunResult {
  readonly kills: number;
  readonly cuts: number;
  readonly halfOpens: number;
  readonly messages: number;
  readonly mailsIn: number;
  readonly mailsOut: number;
  readonly verdict: Verdict;
}

/** Ms after which those who have not caught up count as behind. */
const SETTLE_MAX_MS = 150_000;
const SETTLE_POLL_MS = 500;
const PROGRESS_MS = 30_000;
/** Every two minutes in production. */
const CRON_MS = 15_000;

interface Stage {
  readonly options: RunOptions;
  readonly server: FaultyServer;
  readonly proxy: FaultyProxy;
  readonly mailServer: MailServer;
  readonly office: Office;
  readonly company: Company;
  readonly close: () => Promise<void>;
}

async function setUp(options: RunOptions): Promise<Stage> {
  const { folder, seed, chats, correspondents, durationMs } = options;
  becomeBrowser();
  const mailServer = new MailServer();
  await mailServer.listen();
  const server = await FaultyServer.start(folder, mailServer.port);
  const proxy = new FaultyProxy(server.worker.options.port, new Random(seed + 2));
  await proxy.listen();
  server.onChange = (isUp) => (proxy.isOpen = isUp);
  const url = `http://127.0.0.1:${proxy.port}`;
  const gateway = await startSmtpGateway({
    host: "127.0.0.1",
    port: 0,
    workerUrl: url,
    secret: INBOUND_MAIL_SECRET,
    onTrouble: () => {},
  });
  const office = await Office.open(server.worker.url);
  const company = new Company({ office, url, gatewayPort: gateway.port, seed, chats, correspondents, durationMs });
  const close = async (): Promise<void> => {
    for (const person of company.people) person.stop();
    proxy.close();
    mailServer.close();
    await Promise.all([gateway.close(), server.worker.stop()]);
  };
  return { options, server, proxy, mailServer, office, company, close };
}

function later(ms: number, work: () => void): void {
  setTimeout(work, ms).unref();
}

function strike({ server, proxy, mailServer, company }: Stage, fault: Fault): void {
  switch (fault.kind) {
    case "kill":
      return void server.kill(fault.pauseMs);
    case "cut":
      return proxy.cut(fault.share);
    case "half-open":
      return proxy.silence(fault.share, fault.direction);
    case "delay":
      proxy.delayMs = fault.ms;
      return later(fault.forMs, () => (proxy.delayMs = 0));
    case "storage":
      void server.trouble({ [fault.what]: fault.rate });
      return later(fault.forMs, () => void server.trouble({}));
    case "abort":
      void server.trouble({ abort: fault.rate });
      return later(fault.forMs, () => void server.trouble({}));
    case "smtp":
      mailServer.trouble = fault.trouble;
      return later(fault.forMs, () => (mailServer.trouble = null));
    case "reload":
      for (const person of company.some(fault.share)) person.reload();
      return;
    case "clock":
      for (const person of company.some(fault.share)) person.clock.skewMs += fault.byMs;
      return;
    case "offline":
    case "online":
    case "wake":
      return tellBrowser(fault.kind);
  }
}

async function disturb(stage: Stage): Promise<void> {
  const { options, server, proxy, company } = stage;
  const startedAt = performance.now();
  const report = setInterval(() => {
    const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
    options.onProgress?.(`${minutes} min: kills ${server.kills}, cuts ${proxy.cuts}, people ${company.people.length}`);
  }, PROGRESS_MS);
  const cron = setInterval(() => void server.ringCron(), CRON_MS);
  for (const { at, fault } of makeSchedule(options.seed, options.durationMs)) {
    await wait(Math.max(0, at - (performance.now() - startedAt)));
    strike(stage, fault);
  }
  await wait(Math.max(0, options.durationMs - (performance.now() - startedAt)));
  clearInterval(report);
  clearInterval(cron);
}

/** All faults end; then everything has to come right by itself. */
async function settle({ options, server, proxy, mailServer, company, office }: Stage): Promise<void> {
  proxy.delayMs = 0;
  mailServer.trouble = null;
  await server.settled();
  if (options.isHurried === true) proxy.endSilent();
  const deadline = Date.now() + SETTLE_MAX_MS;
  later(SETTLE_MAX_MS, () => company.giveUp());
  await company.finish();
  for (let waiting = [""]; waiting.length > 0 && Date.now() < deadline;) {
    await server.trouble({}, "?hurry");
    await office.readAgain();
    waiting = company.people.filter((person) => !person.isSettled).map(({ record }) => record.name);
    // Reading all that is stored takes a while: not before everybody is there.
    if (waiting.length === 0) waiting = findUnfinished(company, await readAll(office));
    if (waiting.length > 0) await wait(SETTLE_POLL_MS);
    options.onProgress?.(`waiting for ${waiting.slice(0, WAITING_SHOWN).join(", ") || "nobody"}`);
  }
}

const WAITING_SHOWN = 5;

/** Lists and mails that have not come right yet. */
function findUnfinished(company: Company, stored: readonly StoredConversation[]): string[] {
  const lists = stored
    .filter(({ messages, listedSeq }) => (messages.at(-1)?.seq ?? 0) !== listedSeq)
    .map(({ id }) => `list of ${id}`);
  const all = stored.flatMap(({ messages }) => messages);
  const mails = all.filter(({ delivery }) => delivery?.state === "sending").map(({ text }) => `mail “${text}”`);
  const texts = new Set(all.map(({ text }) => text));
  const accepted = company.writers.flatMap((writer) => writer.accepted).filter((text) => !texts.has(text));
  const subjects = new Set(all.map(({ subject }) => subject));
  const hostile = company.writers.flatMap((writer) => writer.acceptedHostile).filter((subject) => !subjects.has(subject));
  return [...lists, ...mails, ...accepted, ...hostile];
}

/** What is stored: of every conversation that the list names, and of every one that somebody was in. */
async function readAll(office: Office, known: readonly string[] = []): Promise<StoredConversation[]> {
  const items = (await office.list()) ?? [];
  const listed = new Map(items.map(({ id, lastMessage }) => [id, lastMessage?.seq ?? 0]));
  const ids = [...new Set([...listed.keys(), ...known])];
  const stored: StoredConversation[] = [];
  const lane = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) stored.push(await office.read(id, listed.get(id) ?? null));
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, lane));
  return stored;
}

const READS_AT_ONCE = 4;

export async function runFaults(options: RunOptions): Promise<RunResult> {
  const stage = await setUp(options);
  const { server, proxy, mailServer, office, company } = stage;
  try {
    company.begin();
    await disturb(stage);
    options.onProgress?.("quiet: waiting until everybody has caught up");
    await settle(stage);
    for (const person of company.people) person.conclude();
    const clients = company.people.map(({ record }) => record);
    const conversations = await readAll(
      office,
      clients.map(({ conversationId }) => conversationId),
    );
    const accepted = company.writers.flatMap((writer) => writer.accepted);
    const acceptedHostile = company.writers.flatMap((writer) => writer.acceptedHostile);
    return {
      kills: server.kills,
      cuts: proxy.cuts,
      halfOpens: proxy.halfOpens,
      messages: conversations.reduce((sum, { messages }) => sum + messages.length, 0),
      mailsIn: accepted.length + acceptedHostile.length,
      mailsOut: mailServer.delivered.size,
      verdict: judge({ conversations, clients, mail: { accepted, acceptedHostile, delivered: mailServer.delivered } }),
    };
  } finally {
    await stage.close();
  }
}
