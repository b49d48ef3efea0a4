/** The ledger of inbound mail. */
import { Hono } from "hono";
import { findLedgerRow, ledgerEntryOf, listLedger, updateLedger, type LedgerRow } from "../db/ledger.ts";
import { ledgerEntrySchema, ledgerQuerySchema, pageOf } from "../domain/api-shapes.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { describe } from "./describe.ts";
import { readId, readQuery } from "./input.ts";
import { AppError } from "./problems.ts";

export const ledgerApi = new Hono<AppEnv>()
  .get(
    "/",
    describe({
      summary: "Inbound mails and what became of them, newest first",
      query: ledgerQuerySchema,
      response: pageOf(ledgerEntrySchema),
    }),
    async (c) => {
      const { limit, cursor, state } = readQuery(c, ledgerQuerySchema);
      const page = await listLedger(c.get("db"), { limit, after: decodeCursor(cursor), isAttentionOnly: state === "attention" });
      return c.json({ items: page.items, nextCursor: encodeCursor(page.next) });
    },
  )
  .get("/:id", describe({ summary: "One inbound mail", response: ledgerEntrySchema }), async (c) =>
    c.json(ledgerEntryOf(await rowOf(c))),
  )
  .post("/:id/accept", describe({ summary: "Let in a mail that was kept aside", response: ledgerEntrySchema }), async (c) => {
    const row = await rowOf(c);
    if (row.state !== "filtered" && row.state !== "quarantined") throw new AppError("conflict", "This mail was not kept aside.");
    return c.json(await takeUp(c, row, { acceptedBy: c.get("agent").id }));
  })
  .post(
    "/:id/filter",
    describe({ summary: "Keep a quarantined mail aside for good", response: ledgerEntrySchema }),
    async (c) => {
      const row = await rowOf(c);
      if (row.state !== "quarantined") throw new AppError("conflict", "Only a mail in quarantine can be filtered.");
      const reason = `Filtered by ${c.get("agent").name}.`;
      await updateLedger(c.get("db"), row.id, { state: "filtered", verdict: "filtered:agent", reason, updatedAt: Date.now() });
      return c.json(ledgerEntryOf(await rowOf(c)));
    },
  )
  .post("/:id/parse", describe({ summary: "Read a failed mail again", response: ledgerEntrySchema }), async (c) => {
    const row = await rowOf(c);
    if (row.state !== "failed") throw new AppError("conflict", "This mail was read.");
    return c.json(await takeUp(c, row, {}));
  })
  .get("/:id/raw", describe({ summary: "The raw mail" }), async (c) => {
    const row = await rowOf(c);
    const object = await c.env.MAIL.get(row.rawKey);
    if (object === null) throw new AppError("not_found", "The raw mail is not in the store.");
    return new Response(object.body, {
      headers: {
        "content-type": "message/rfc822",
        "content-disposition": `attachment; filename="${row.id}.eml"`,
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, no-store",
      },
    });
  });

/** Takes the mail up again and answers with what became of it. */
async function takeUp(c: AppContext, row: LedgerRow, change: Partial<LedgerRow>) {
  const now = Date.now();
  await updateLedger(c.get("db"), row.id, { ...change, state: "received", attempts: 0, retryAt: now, updatedAt: now });
  const { processMail } = await import("../email/process.ts");
  await processMail(c.env, row.id);
  return ledgerEntryOf(await rowOf(c));
}

async function rowOf(c: AppContext) {
  const row = await findLedgerRow(c.get("db"), readId(c, "id"));
  if (row === null) throw new AppError("not_found", "There is no such mail.");
  return row;
}
