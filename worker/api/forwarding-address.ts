/** The address to which an agent sends on what customers wrote elsewhere. Whoever has it forwards in the agent's name. */
import { Hono } from "hono";
import { findOrMakeForwardingKey, replaceForwardingKey } from "../db/forwarding-keys.ts";
import { listMailboxes } from "../db/settings.ts";
import { forwardingAddressSchema } from "../domain/sender-shapes.ts";
import { createForwardingAddress } from "../email/reply-address.ts";
import { replyKeysOf } from "../email/secrets.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { describe } from "./describe.ts";

/** Bytes, as in a reply address. */
const KEY_BYTES = 8;

export const forwardingAddressApi = new Hono<AppEnv>()
  .get(
    "/",
    describe({ summary: "One's own forwarding address, for each mailbox", response: forwardingAddressSchema }),
    async (c) => {
      return c.json(await answer(c));
    },
  )
  .post(
    "/",
    describe({ summary: "Make a new forwarding address; the one before ends", response: forwardingAddressSchema, status: 201 }),
    async (c) => {
      await replaceForwardingKey(c.get("db"), c.get("agent").id, newKey());
      return c.json(await answer(c), 201);
    },
  );

function newKey(): { key: string; now: number } {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return { key: Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""), now: Date.now() };
}

/** The oldest mailbox is the one that replies leave from where nothing else is said. */
async function answer(c: AppContext) {
  const db = c.get("db");
  const { id, email: recipient } = c.get("agent");
  const [agentKey, keys, mailboxes] = await Promise.all([
    findOrMakeForwardingKey(db, id, newKey()),
    replyKeysOf(c.env),
    listMailboxes(db),
  ]);
  const items = await Promise.all(
    mailboxes.map(async ({ id: mailboxId, address: mailbox }) => ({
      mailboxId,
      mailbox,
      address: await createForwardingAddress({ keys, mailbox, agentKey, recipient }),
    })),
  );
  return { address: items[0]?.address ?? null, items };
}
