/**
 * What runs every two minutes: mails and departures that nobody has finished, what has run out or was never used (T10), and
 * addresses that a version before has spelled otherwise.
 */
import { deleteOldLinks } from "./db/account-links.ts";
import { deleteUnclaimed, listUnclaimed } from "./db/attachments.ts";
import { openDatabase } from "./db/database.ts";
import { respellAddresses } from "./db/respell.ts";
import { deleteOldTries } from "./db/secret-tries.ts";
import { deleteOldSessions } from "./db/sessions.ts";
import type { Env } from "./env.ts";
import { releaseConversations } from "./release-conversations.ts";

/** Ms after which an unclaimed upload is removed. */
const UNCLAIMED_MS = 24 * 60 * 60 * 1_000;
const UNCLAIMED_BATCH = 50;

export async function handleCron(env: Env): Promise<void> {
  const { processDueMails } = await import("./email/process.ts");
  const { carryOutDueMoves } = await import("./email/move-mail.ts");
  await Promise.all([
    processDueMails(env),
    carryOutDueMoves(env),
    removeUnclaimed(env),
    releaseConversations(env, null),
    forgetOld(env),
    respellAddresses(openDatabase(env.DB)),
  ]);
}

/** What lets nobody in any more, and tries that no longer count. */
async function forgetOld(env: Env): Promise<void> {
  const [db, now] = [openDatabase(env.DB), Date.now()];
  await Promise.all([deleteOldTries(db, now), deleteOldLinks(db, now), deleteOldSessions(db, now)]);
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
