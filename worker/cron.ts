/** What runs every two minutes: mails that nobody has finished, and uploads that no message has claimed (T10). */
import { deleteUnclaimed, listUnclaimed } from "./db/attachments.ts";
import { openDatabase } from "./db/database.ts";
import type { Env } from "./env.ts";

/** Ms after which an unclaimed upload is removed. */
const UNCLAIMED_MS = 24 * 60 * 60 * 1_000;
const UNCLAIMED_BATCH = 50;

export async function handleCron(env: Env): Promise<void> {
  const { processDueMails } = await import("./email/process.ts");
  const { carryOutDueMoves } = await import("./email/move-mail.ts");
  await Promise.all([processDueMails(env), carryOutDueMoves(env), removeUnclaimed(env)]);
}

async function removeUnclaimed(env: Env): Promise<void> {
  const db = openDatabase(env.DB);
  const rows = await listUnclaimed(db, Date.now() - UNCLAIMED_MS, UNCLAIMED_BATCH);
  if (rows.length === 0) return;
  await env.MAIL.delete(rows.map((row) => row.key));
  await deleteUnclaimed(
    db,
    rows.map((row) => row.id),
  );
}
