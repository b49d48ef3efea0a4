/** A deployment to test against: set up, with agents of every role and keys for them. */
import "./bindings.ts";
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { expect, vi } from "vitest";
import { newToken, sha256Hex } from "../../../worker/auth/hmac.ts";
import { hashPassword, openWithoutPassword } from "../../../worker/auth/sessions.ts";
import { insertAgent, insertApiKey } from "../../../worker/db/agents.ts";
import { openDatabase } from "../../../worker/db/database.ts";
import { insertMailbox, insertSettings, newMailbox, saveSettings } from "../../../worker/db/settings.ts";
import type { Agent } from "../../../worker/domain/api-shapes.ts";
import type { Role } from "../../../worker/domain/roles.ts";
import { settingsSchema, type Settings } from "../../../worker/domain/settings.ts";
import { uuidV7 } from "../../../worker/domain/uuid.ts";
import { forgetNotices } from "../../../worker/tell-owner.ts";
import { forgetRefusals } from "../../../worker/totals.ts";
import { ORIGIN, call } from "./http.ts";
import { WAIT } from "./wait.ts";

export const MAILBOX = "hello@acme.test";
export const OTHER_MAILBOXES = ["sales@acme.test", "billing@acme.test"];
export const OWNER = { name: "Olivia Owner", email: "olivia@acme.test", password: "correct horse" };

export function newId(at = Date.now()): string {
  return uuidV7(at, crypto.getRandomValues(new Uint8Array(10)));
}

export interface Deployment {
  owner: KeyedAgent;
  /** Ids of the mailboxes by address. */
  mailboxes: Record<string, string>;
}

export interface KeyedAgent {
  agent: Agent;
  /** An API key that acts as this agent, with their role. */
  key: string;
}

/** A write that is on its way while everything is deleted can bring the database back as it was. */
export async function emptyStorage(): Promise<void> {
  await vi.waitFor(async () => {
    await reset();
    expect(await env.DB.prepare("SELECT name FROM sqlite_master WHERE name = 'settings'").first()).toBeNull();
  }, WAIT);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS ?? []);
  forgetRefusals();
  forgetNotices();
}

/** Empty storage, then what a setup makes, without the seconds that hashing a password takes. */
export async function freshDeployment(settings: Record<string, unknown> = {}): Promise<Deployment> {
  await emptyStorage();
  const db = openDatabase(env.DB);
  const now = Date.now();
  // Mails leave at once where a test is not about taking them back.
  const mail = v.parse(v.optional(v.record(v.string(), v.unknown()), {}), settings["mail"]);
  const value: Settings = v.parse(settingsSchema, { company: "Acme", ...settings, mail: { undoSeconds: 0, ...mail } });
  const mailboxes = Object.fromEntries([MAILBOX, ...OTHER_MAILBOXES].map((address, index) => [address, newId(now + index)]));
  await insertSettings(db, value, now);
  // Also where the Worker remembers them for a moment.
  await saveSettings(db, value, now);
  let at = now;
  for (const [address, id] of Object.entries(mailboxes)) {
    await insertMailbox(db, newMailbox({ id, address, createdAt: at }, { name: "Acme" }));
    at += 1;
  }
  return { owner: await addAgent("owner", OWNER), mailboxes };
}

let agents = 0;

/** An agent who has an API key and no password. */
export async function addAgent(role: Role, person: { name?: string; email?: string } = {}): Promise<KeyedAgent> {
  agents += 1;
  const agent: Agent = {
    id: newId(),
    name: person.name ?? `Agent ${agents}`,
    email: person.email ?? `agent${agents}@acme.test`,
    role,
  };
  const db = openDatabase(env.DB);
  await db.batch([...insertAgent(db, { ...agent, passwordHash: "none", accountId: newId(), now: Date.now() })]);
  return { agent, key: await addKey(agent.id, role) };
}

export async function addKey(agentId: string, role: Role): Promise<string> {
  const key = `hilo_${newToken(32)}`;
  await insertApiKey(openDatabase(env.DB), {
    id: newId(),
    name: "test",
    role,
    hash: await sha256Hex(key),
    createdBy: agentId,
    createdAt: Date.now(),
    lastUsedAt: null,
  });
  return key;
}

/** What sessions and passwords are made with here. */
const authOptions = () => ({
  db: openDatabase(env.DB),
  secret: env.APP_SECRET ?? "",
  origin: ORIGIN,
  ownOrigins: [ORIGIN],
});

/** A browser in which this agent is signed in. @param passwordAt when they gave their password there, epoch ms; null: never */
export async function addSession(agentId: string, passwordAt: number | null = Date.now()): Promise<string> {
  const input = { agentId, headers: new Headers(), ...(passwordAt === null ? {} : { passwordAt }) };
  const [cookie] = await openWithoutPassword(authOptions(), input);
  return cookie?.split(";")[0] ?? "";
}

/** Gives an agent a password that they can sign in with. */
export async function givePassword(agentId: string, password: string): Promise<void> {
  const hash = await hashPassword(authOptions(), password);
  await env.DB.prepare("UPDATE accounts SET password = ? WHERE user_id = ?").bind(hash, agentId).run();
}

export const SETUP_BODY = { ...OWNER, company: "Acme", mailbox: MAILBOX };
/** The deployment under test is not on loopback: setup asks for the token. */
export const SETUP_HEADERS = { "x-setup-token": env.SETUP_TOKEN ?? "" };

/** Signs in as a browser does. @returns the cookies */
export async function signIn(email: string, password: string): Promise<string> {
  const answer = await call(null, "POST /api/auth/sign-in/email", {
    body: { email, password },
    headers: { "content-type": "application/json", origin: ORIGIN },
  });
  expect([answer.status, answer.status === 200 ? "" : answer.body]).toEqual([200, ""]);
  const cookies = cookiesOf(answer);
  if (cookies === "") throw new Error("sign-in set no cookie");
  return cookies;
}

/** As a browser sends them back. */
export function cookiesOf(answer: { headers: Headers }): string {
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}
