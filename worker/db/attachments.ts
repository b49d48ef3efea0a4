/** Files: rows here, bytes in R2. A file belongs to one conversation for ever once a message has claimed it (T11). */
import { and, eq, inArray, lt, sql } from "drizzle-orm";
import type { Attachment } from "../../durable-objects/conversation/protocol.ts";
import type { Database } from "./database.ts";
import { attachments } from "./schema.ts";

export type AttachmentRow = typeof attachments.$inferSelect;

export async function insertAttachment(db: Database, row: AttachmentRow): Promise<void> {
  await db.insert(attachments).values(row).onConflictDoNothing();
}

/** Those that are known already stay as they are. */
export async function insertAttachments(db: Database, rows: readonly AttachmentRow[]): Promise<void> {
  const [first, ...rest] = rows.map((row) => db.insert(attachments).values(row).onConflictDoNothing());
  if (first !== undefined) await db.batch([first, ...rest]);
}

/** All of them or none: null where one is unknown, another's, or in another conversation. */
export async function claimAttachments(
  db: Database,
  input: { ids: string[]; conversationId: string; uploadedBy: string },
): Promise<Attachment[] | null> {
  const { conversationId, uploadedBy } = input;
  const ids = [...new Set(input.ids)];
  const rows = await db.select().from(attachments).where(inArray(attachments.id, ids));
  const byId = new Map(rows.map((row) => [row.id, row]));
  const found: Attachment[] = [];
  for (const id of ids) {
    const row = byId.get(id);
    if (row === undefined || row.uploadedBy !== uploadedBy) return null;
    if (row.conversationId !== null && row.conversationId !== conversationId) return null;
    found.push({ id: row.id, name: row.name, type: row.type, size: row.size });
  }
  const claimed = await db
    .update(attachments)
    .set({ conversationId, isClaimed: true })
    .where(
      and(
        inArray(attachments.id, ids),
        sql`(${attachments.conversationId} IS NULL OR ${attachments.conversationId} = ${conversationId})`,
      ),
    )
    .returning({ id: attachments.id });
  return claimed.length === ids.length ? found : null;
}

export async function findAttachment(db: Database, id: string): Promise<AttachmentRow | null> {
  return (await db.select().from(attachments).where(eq(attachments.id, id)))[0] ?? null;
}

/** Uploads that no message has claimed. */
export async function listUnclaimed(db: Database, before: number, limit: number): Promise<AttachmentRow[]> {
  return db
    .select()
    .from(attachments)
    .where(and(sql`is_claimed = 0`, lt(attachments.createdAt, before)))
    .limit(limit);
}

export async function deleteUnclaimed(db: Database, ids: string[]): Promise<void> {
  await db.delete(attachments).where(and(inArray(attachments.id, ids), sql`is_claimed = 0`));
}
