/**
 * Two companies that both use Hilo and write to each other: the same code with another database, another secret and
 * another mail service each. Conversations of both are objects of one class; what they reach outside through is their own.
 */
import "./bindings.ts";
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi, expect } from "vitest";
import { newToken, sha256Hex } from "../../../worker/auth/hmac.ts";
import { insertAgent, insertApiKey } from "../../../worker/db/agents.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { insertMailbox, insertSettings, newMailbox } from "../../../worker/db/settings.ts";
import { settingsSchema } from "../../../worker/domain/settings.ts";
import type { BindingMail } from "../../../worker/email/send-cloudflare.ts";
import type { Env } from "../../../worker/env.ts";
import { conversationStub } from "../../../worker/objects.ts";
import { conversationPorts } from "../../../worker/ports.ts";
import * as v from "valibot";
import { MAILBOX, freshDeployment, newId } from "./deployment.ts";
import { receive } from "./inbound.ts";
import { ports } from "./ports.ts";
import { WAIT } from "./socket.ts";

export const OTHER_MAILBOX = "help@beta.test";

export interface Hilo {
  env: Env;
  key: string;
  mailbox: string;
}

/** A mail on its way, as its headers and text. */
export interface Letter {
  from: string;
  to: string;
  headers: string[];
  text: string;
}

export interface TwoHilos {
  acme: Hilo;
  beta: Hilo;
  /** Every mail that was sent, in order. */
  letters: Letter[];
  /** Carries mails to where they go until nobody writes any more. @param change what happens to each on its way */
  carry: (change?: (letter: Letter) => Letter) => Promise<void>;
}

const AUTOMATIC = { name: null, signature: null, locale: null, assigneeId: null, hasReceipt: true, hasOutOfHours: true };
/** Never open: both answers would be given. */
const CLOSED = { company: "Acme", mail: { undoSeconds: 0 }, hours: { isAlwaysOpen: false, days: [] } };
/** Two machines that write to each other for ever are stopped here, so that the test can say so. */
const LETTERS_MAX = 60;

function letterOf(mail: BindingMail, number: number): Letter {
  const addressOf = (one: BindingMail["from"]) => (typeof one === "string" ? one : one.email);
  const [to] = mail.to.map(addressOf);
  const headers = Object.entries({
    From: addressOf(mail.from),
    To: mail.to.map(addressOf).join(", "),
    Subject: mail.subject,
    "Message-ID": `<sent-${number}@platform.test>`,
    ...(mail.replyTo === undefined ? {} : { "Reply-To": mail.replyTo }),
    ...mail.headers,
    "Content-Type": "text/plain; charset=utf-8",
  });
  return {
    from: addressOf(mail.from),
    to: to ?? "",
    headers: headers.map(([name, value]) => `${name}: ${value}`),
    text: mail.text,
  };
}

async function otherCompany(other: Env): Promise<string> {
  await applyD1Migrations(other.DB, env.TEST_MIGRATIONS ?? []);
  const db = openDatabase(other.DB);
  const now = Date.now();
  await insertSettings(db, v.parse(settingsSchema, { ...CLOSED, company: "Beta" }), now);
  await insertMailbox(db, newMailbox({ id: newId(), address: OTHER_MAILBOX, createdAt: now }, AUTOMATIC));
  const agent = { id: newId(), name: "Bea", email: "bea@beta.test", role: "owner" as const };
  await db.batch([...insertAgent(db, { ...agent, passwordHash: "none", accountId: newId(), now })]);
  const key = `hilo_${newToken(32)}`;
  const ofKey = { role: agent.role, createdBy: agent.id, createdAt: now, lastUsedAt: null };
  await insertApiKey(db, { id: newId(), name: "test", hash: await sha256Hex(key), ...ofKey });
  return key;
}

export async function twoHilos(): Promise<TwoHilos> {
  const { owner } = await freshDeployment(CLOSED);
  await env.DB.prepare("UPDATE mailboxes SET has_receipt = 1, has_out_of_hours = 1").run();
  const ids = new Set<string>();
  const letters: Letter[] = [];
  const EMAIL = {
    send: async (mail: BindingMail) => {
      letters.push(letterOf(mail, letters.length + 1));
      return { messageId: `<sent-${letters.length}@platform.test>` };
    },
  };
  Object.defineProperty(env.EMAIL, "send", { configurable: true, value: EMAIL.send });
  const CONVERSATION = new Proxy(env.CONVERSATION, {
    get: (target, name) => (argument: unknown) => {
      if (name === "idFromName") ids.add(String(argument));
      return Reflect.apply(Reflect.get(target, name), target, [argument]);
    },
  });
  if (env.OTHER_DB === undefined) throw new Error("vitest.config.ts gives no second database");
  const other: Env = { ...env, DB: env.OTHER_DB, APP_SECRET: "the-other-company's-secret-0123456789abcdef", CONVERSATION };
  const beta = { env: other, key: await otherCompany(other), mailbox: OTHER_MAILBOX };
  const acme = { env, key: owner.key, mailbox: MAILBOX };
  const [ofAcme, ofBeta] = [conversationPorts(env), conversationPorts(other)];
  const portsOf = (id: string) => (ids.has(id) ? ofBeta : ofAcme);
  ports.conversation = {
    saveIndex: async (row) => portsOf(row.item.id).saveIndex(row),
    deliver: async (mail) => portsOf(mail.state.id).deliver(mail),
  };
  const carry: TwoHilos["carry"] = async (change = (letter) => letter) => {
    for (let next = 0; next < Math.min(letters.length, LETTERS_MAX); next += 1) {
      const letter = letters[next];
      if (letter === undefined) break;
      const { from, to, headers, text } = change(letter);
      const hilo = to.endsWith("@beta.test") ? beta : acme;
      await receive([...headers, "", text, ""].join("\r\n"), { from, to: replyTo(letters, letter) ?? to }, hilo.env);
      await allSent(hilo);
    }
  };
  return { acme, beta, letters, carry };
}

/** An answer goes to the signed address of what it answers, as every mail client does it. */
function replyTo(letters: Letter[], letter: Letter): string | null {
  const headerOf = ({ headers }: Letter, name: string) =>
    headers.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const answered = letters.find((one) => headerOf(one, "Message-ID") === headerOf(letter, "In-Reply-To"));
  return answered === undefined ? null : (headerOf(answered, "Reply-To") ?? null);
}

/** Every mail that this Hilo has to send has left. */
async function allSent({ env: hilo }: Hilo): Promise<void> {
  const { results } = await hilo.DB.prepare(
    "SELECT DISTINCT conversation_id AS id FROM ledger WHERE conversation_id IS NOT NULL",
  ).all();
  await vi.waitFor(async () => {
    for (const { id } of results) {
      const messages = (await conversationStub(hilo, String(id)).older(null, 100)) ?? [];
      for (const { delivery } of messages) expect(["queued", "sending"]).not.toContain(delivery?.state);
    }
  }, WAIT);
}
