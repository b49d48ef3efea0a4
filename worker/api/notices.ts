/** What the owner is told of totals that were reached (T21). */
import { Hono } from "hono";
import type { Database } from "../db/database.ts";
import { countBraked, dismissNotice, listNotices } from "../db/notices.ts";
import { listMailboxes } from "../db/settings.ts";
import type { Mailbox } from "../domain/api-shapes.ts";
import { noticesSchema, type OwnerNotice } from "../domain/notices.ts";
import { tellInboxes } from "../tell-owner.ts";
import type { AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readId } from "./input.ts";
import { AppError } from "./problems.ts";

export const noticesApi = new Hono<AppEnv>()
  .get(
    "/",
    describe({ summary: "Limits that were reached, and that nobody has dismissed", response: noticesSchema }),
    async (c) => {
      const db = c.get("db");
      const rows = await listNotices(db, Date.now());
      const mailboxes = rows.some(({ kind }) => kind === "brake") ? await listMailboxes(db) : [];
      return c.json({ items: await Promise.all(rows.map((row) => noticeFrom(db, row, mailboxes))) });
    },
  )
  .post("/:id/dismiss", describe({ summary: "Take a notice off the screens", status: 204 }), async (c) => {
    if (!(await dismissNotice(c.get("db"), readId(c, "id"), Date.now())))
      throw new AppError("not_found", "There is no such notice.");
    c.executionCtx.waitUntil(tellInboxes(c.env));
    return c.body(null, 204);
  });

type NoticeRow = Awaited<ReturnType<typeof listNotices>>[number];

async function noticeFrom(db: Database, row: NoticeRow, mailboxes: readonly Mailbox[]): Promise<OwnerNotice> {
  const { id, kind, firstAt, lastAt, count } = row;
  const mailbox = kind === "brake" ? mailboxes.find((one) => one.id === row.subject) : undefined;
  if (mailbox === undefined) return { id, kind, firstAt, lastAt, count, brake: null };
  const { id: mailboxId, address, brakeOffUntil: offUntil } = mailbox;
  return {
    id,
    kind,
    firstAt,
    lastAt,
    count,
    brake: { mailboxId, address, offUntil, keptAside: await countBraked(db, mailboxId) },
  };
}
