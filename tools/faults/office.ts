/** The company that uses Hilo in the suite: its account, and what the API tells about its conversations. */
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import { conversationSchema, messageSchema, type Message } from "../../durable-objects/conversation/protocol.ts";
import { apiKeyCreatedSchema, ledgerEntrySchema, pageOf } from "../../worker/domain/api-shapes.ts";
import { widgetConversationCreatedSchema } from "../../worker/domain/widget-shapes.ts";
import type { StoredConversation } from "./checker.ts";

export const MAILBOX = "help@acme.test";
const OWNER = { name: "Olga Owner", email: "olga@acme.test", password: "correct horse battery" };
const REQUEST_TIMEOUT_MS = 10_000;
const RETRY_MS = 400;
const PAGE = 100;

interface Ask<S extends v.GenericSchema> {
  readonly path: string;
  readonly schema: S;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Asks once. @returns null where there was no answer, or no good one */
async function ask<S extends v.GenericSchema>(base: string, question: Ask<S>): Promise<v.InferOutput<S> | null> {
  const { path, schema, body, headers } = question;
  try {
    const response = await fetch(`${base}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const parsed = v.safeParse(schema, await response.json().catch(() => null));
    return response.ok && parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** Asks until it is answered. @throws Error after `tries` */
async function insist<S extends v.GenericSchema>(base: string, question: Ask<S>, tries = 200): Promise<v.InferOutput<S>> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const answer = await ask(base, question);
    if (answer !== null) return answer;
    await wait(RETRY_MS);
  }
  throw new Error(`No answer from ${question.path} after ${tries} tries.`);
}

const listSchema = pageOf(conversationSchema);
const messagesSchema = pageOf(messageSchema);
const ledgerSchema = pageOf(ledgerEntrySchema);

export class Office {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** Makes the account and a key. */
  static async open(url: string): Promise<Office> {
    await insist(url, { path: "/api/setup", schema: v.unknown(), body: { ...OWNER, company: "Acme", mailbox: MAILBOX } });
    const signIn = await fetch(`${url}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ email: OWNER.email, password: OWNER.password }),
    });
    const cookie = signIn.headers.getSetCookie().map((one) => one.split(";")[0]);
    const headers = { cookie: cookie.join("; "), origin: url };
    // Nobody takes anything back here: a mail that waits would only be one that is not tried.
    await fetch(`${url}/api/settings`, {
      method: "PATCH",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ mail: { undoSeconds: 0 } }),
    });
    const { key } = await insist(url, {
      path: "/api/api-keys",
      schema: apiKeyCreatedSchema,
      body: { name: "faults", role: "owner" },
      headers,
    });
    return new Office(url, key);
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#key}` };
  }

  /** All conversations of a channel, as the list has them now; null where it cannot be read now. */
  async list(channel?: "email"): Promise<v.InferOutput<typeof conversationSchema>[] | null> {
    const items = [];
    const query = new URLSearchParams({ status: "all", limit: String(PAGE), ...(channel === undefined ? {} : { channel }) });
    let cursor: string | null = "";
    while (cursor !== null) {
      if (cursor !== "") query.set("cursor", cursor);
      const page: v.InferOutput<typeof listSchema> | null = await ask(this.#url, {
        path: `/api/conversations?${query}`,
        schema: listSchema,
        headers: this.headers,
      });
      if (page === null) return null;
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  /**
   * What a person does with mails that were given up: the suite kills the server while they are read, and after the second
   * time nobody reads them by itself.
   */
  async readAgain(): Promise<void> {
    const { headers } = this;
    const page = await ask(this.#url, { path: "/api/ledger?state=attention&limit=100", schema: ledgerSchema, headers });
    const failed = (page?.items ?? []).filter(({ state }) => state === "failed");
    for (const { id } of failed)
      await ask(this.#url, { path: `/api/ledger/${id}/parse`, schema: ledgerEntrySchema, headers, body: {} });
  }

  /** Everything that is stored of a conversation. */
  async read(id: string, listedSeq: number | null): Promise<StoredConversation> {
    let messages: Message[] = [];
    for (;;) {
      const before = messages[0]?.seq;
      const query = `limit=${PAGE}${before === undefined ? "" : `&before=${before}`}`;
      const path = `/api/conversations/${id}/messages?${query}`;
      const { items } = await insist(this.#url, { path, schema: messagesSchema, headers: this.headers }, 20);
      messages = [...items, ...messages];
      if (items.length < PAGE) return { id, messages, listedSeq };
    }
  }
}

/** A visitor's first message; the same `clientId` until it is answered. */
export function beginChat(
  url: string,
  clientId: string,
  text: string,
): Promise<v.InferOutput<typeof widgetConversationCreatedSchema>> {
  return insist(url, { path: "/widget/conversations", schema: widgetConversationCreatedSchema, body: { clientId, text } }, 1_000);
}
