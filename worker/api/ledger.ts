/** The ledger of inbound mail. */
import { Hono } from "hono";
import { findLedgerRow, ledgerEntryOf, listLedger } from "../db/ledger.ts";
import { ledgerEntrySchema, listQuerySchema, pageOf } from "../domain/api-shapes.ts";
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
      query: listQuerySchema,
      response: pageOf(ledgerEntrySchema),
    }),
    async (c) => {
      const { limit, cursor } = readQuery(c, listQuerySchema);
      const page = await listLedger(c.get("db"), { limit, after: decodeCursor(cursor) });
      return c.json({ items: page.items, nextCursor: encodeCursor(page.next) });
    },
  )
  .get("/:id", describe({ summary: "One inbound mail", response: ledgerEntrySchema }), async (c) =>
    c.json(ledgerEntryOf(await rowOf(c))),
  )
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

async function rowOf(c: AppContext) {
  const row = await findLedgerRow(c.get("db"), readId(c, "id"));
  if (row === null) throw new AppError("not_found", "There is no such mail.");
  return row;
}
