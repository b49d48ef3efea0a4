/** The ledger of inbound mail. */
import { Hono } from "hono";
import type { Database } from "../db/database.ts";
import { findLedgerRow, updateLedger, type LedgerRow } from "../db/ledger.ts";
import { countAttention, ledgerEntryOf, listLedger, listLedgerOfSender, searchLedger } from "../db/ledger-pages.ts";
import { loadCachedSettings } from "../db/settings.ts";
import {
  ledgerAttentionSchema,
  ledgerEntrySchema,
  ledgerHtmlSchema,
  ledgerMoveSchema,
  ledgerQuerySchema,
  pageOf,
} from "../domain/api-shapes.ts";
import { assertNever } from "../domain/assert-never.ts";
import type { MoveAnswer } from "../email/move-mail.ts";
import { READER_VERSION } from "../email/reading-budget.ts";
import { tellAttention } from "../email/tell-attention.ts";
import { askFor } from "../email/tries.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { describe } from "./describe.ts";
import { readBody, readId, readQuery } from "./input.ts";
import { parseAddress } from "../email/addresses.ts";
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
      const { limit, cursor, state, q = "" } = readQuery(c, ledgerQuerySchema);
      const input = { limit, after: decodeCursor(cursor), view: state ?? null };
      const db = c.get("db");
      const page = await (q === "" ? listLedger(db, input) : findMails(db, { ...input, text: q }));
      return c.json({ items: page.items, nextCursor: encodeCursor(page.next) });
    },
  )
  .get(
    "/attention",
    describe({ summary: "How many mails wait for a person, quarantined or failed", response: ledgerAttentionSchema }),
    async (c) => c.json({ count: await countAttention(c.get("db")) }),
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
      c.executionCtx.waitUntil(tellAttention(c.env));
      return c.json(ledgerEntryOf(await rowOf(c)));
    },
  )
  .post("/:id/parse", describe({ summary: "Read a failed mail again", response: ledgerEntrySchema }), async (c) => {
    const row = await rowOf(c);
    if (row.state !== "failed" && !row.isPartial) throw new AppError("conflict", "This mail was read.");
    if (row.moveTo !== null) throw moveProblem("busy");
    const asked = askFor(row, READER_VERSION);
    if (asked === null) throw new AppError("conflict", "Reading this mail did not come to an end. A later version tries again.");
    return c.json(await takeUp(c, row, asked));
  })
  .post(
    "/:id/move",
    describe({ summary: "Move a mail to another conversation, or back", body: ledgerMoveSchema, response: ledgerEntrySchema }),
    async (c) => {
      const { conversationId: to } = await readBody(c, ledgerMoveSchema);
      const { moveMail } = await import("../email/move-mail.ts");
      const answer = await moveMail(c.env, c.get("db"), { row: await rowOf(c), to, agentId: c.get("agent").id });
      if (answer !== "moved") throw moveProblem(answer);
      return c.json(ledgerEntryOf(await rowOf(c)));
    },
  )
  .post(
    "/:id/accept-forward",
    describe({
      summary: "Believe that a mail was forwarded by the agent whom it names: it goes to the conversation of its author",
      response: ledgerEntrySchema,
    }),
    async (c) => {
      const { acceptClaimedForward } = await import("../email/accept-forward.ts");
      const answer = await acceptClaimedForward(c.env, c.get("db"), { row: await rowOf(c), agentId: c.get("agent").id });
      if (answer === "no_claim") throw new AppError("conflict", "This mail does not say that an agent forwarded it.");
      if (answer === "busy") throw moveProblem("busy");
      return c.json(ledgerEntryOf(await rowOf(c)));
    },
  )
  .get(
    "/:id/html",
    describe({ summary: "The HTML of a mail that is too long for its message", response: ledgerHtmlSchema }),
    async (c) => {
      const row = await rowOf(c);
      const { mail: reading } = await loadCachedSettings(c.get("db"), Date.now());
      const { readMailHtml } = await import("../email/read-mail-html.ts");
      // Of one that is read in part only, all is read when a person asks for that, and never by the way.
      return c.json({ html: row.isPartial ? null : await readMailHtml(c.env.MAIL, row, reading) });
    },
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

/** A whole address that has sent nothing is looked for like any other text: it may be a recipient, or half typed. */
async function findMails(db: Database, input: Parameters<typeof searchLedger>[1]): ReturnType<typeof searchLedger> {
  // Mail comes from more addresses than it can be sent to.
  const sender = parseAddress(input.text);
  const theirs = sender === null ? null : await listLedgerOfSender(db, { ...input, sender });
  return theirs !== null && theirs.items.length > 0 ? theirs : searchLedger(db, input);
}

function moveProblem(answer: Exclude<MoveAnswer, "moved">): AppError {
  switch (answer) {
    case "no_message":
      return new AppError("conflict", "This mail is no message of a conversation.");
    case "unknown_conversation":
      return new AppError("not_found", "There is no such conversation.");
    case "busy":
      return new AppError("conflict", "Somebody else has moved this mail in the meantime.");
    default:
      return assertNever(answer);
  }
}

/** Takes the mail up again, deciding anew, and answers with what became of it. */
async function takeUp(c: AppContext, row: LedgerRow, change: Partial<LedgerRow>) {
  const { takeUpAgain } = await import("../email/take-up-again.ts");
  await takeUpAgain(c.env, c.get("db"), row.id, change);
  c.executionCtx.waitUntil(tellAttention(c.env));
  return ledgerEntryOf(await rowOf(c));
}

async function rowOf(c: AppContext) {
  const row = await findLedgerRow(c.get("db"), readId(c, "id"));
  if (row === null) throw new AppError("not_found", "There is no such mail.");
  return row;
}
