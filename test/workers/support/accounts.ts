/** What people do with their accounts, as their browsers and programs call it. */
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { addAgent, givePassword, type KeyedAgent } from "./deployment.ts";
import { ORIGIN, call, type Answer } from "./http.ts";
import type { Outbound } from "./outbound.ts";
import { WAIT } from "./socket.ts";
import { ADDRESS_TRIES_MAX } from "../../../worker/auth/tries.ts";
import type { Role } from "../../../worker/domain/roles.ts";
import type { BindingMail } from "../../../worker/email/send-cloudflare.ts";

export const JSON_FROM_US = { "content-type": "application/json", origin: ORIGIN };
export const PASSWORD = "a password for Ana";

export interface Attempt {
  email: string;
  password: string;
  /** Cookies of the browser; a new one has none. */
  cookie?: string;
  /** Of the client; without it every attempt comes from another one. */
  ip?: string;
}

export function trySignIn({ email, password, cookie, ip }: Attempt): Promise<Answer> {
  return call(null, "POST /api/auth/sign-in/email", {
    body: { email, password },
    headers: {
      ...JSON_FROM_US,
      ...(cookie === undefined ? {} : { cookie }),
      ...(ip === undefined ? {} : { "cf-connecting-ip": ip }),
    },
  });
}

/** Wrong passwords, one after another, each from another client. */
export async function guess(count: number, attempt: Pick<Attempt, "email" | "cookie">): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < count; n += 1) answers.push(await trySignIn({ ...attempt, password: `not the password ${n}` }));
  return answers;
}

export interface Person extends KeyedAgent {
  email: string;
  password: string;
}

/** An agent who signs in with a password. */
export async function addPerson(role: Role = "agent"): Promise<Person> {
  const made = await addAgent(role);
  await givePassword(made.agent.id, PASSWORD);
  return { ...made, email: made.agent.email, password: PASSWORD };
}

/** The token of the link in a mail: in its fragment, and nowhere else. */
export function tokenIn(mail: BindingMail): string {
  const [, token] = /#token=([\w-]+)/.exec(mail.text) ?? [];
  if (token === undefined) throw new Error("the mail has no link");
  return token;
}

/** As if so many wrong passwords had been tried at this address within the hour, by a new client each, after one that was. */
export async function attack(email: string, tries = ADDRESS_TRIES_MAX): Promise<void> {
  const before = await loadTries();
  await guess(1, { email });
  for (const [key, count] of await loadTries())
    if (count > (before.get(key) ?? 0))
      await env.DB.prepare("UPDATE secret_tries SET tries = ? WHERE key = ?").bind(tries, key).run();
}

async function loadTries(): Promise<Map<string, number>> {
  const { results } = await env.DB.prepare("SELECT key, tries FROM secret_tries").all<{ key: string; tries: number }>();
  return new Map(results.map(({ key, tries }) => [key, tries]));
}

export const mailsTo = ({ mails }: Outbound, email: string): BindingMail[] =>
  mails.filter(({ to }) => JSON.stringify(to).includes(`"${email}"`));

/** The mail with this number of those to one address, waited for: mails of the test before may still be on their way. */
export function nthMailTo(outbound: Outbound, email: string, number: number): Promise<BindingMail> {
  return vi.waitFor(() => {
    const mail = mailsTo(outbound, email)[number - 1];
    if (mail === undefined) throw new Error(`${mailsTo(outbound, email).length} mails were sent to ${email}`);
    return mail;
  }, WAIT);
}
