/** Saved replies and their categories. */
import { asc, eq } from "drizzle-orm";
import type { SavedReply, SavedReplyCategory } from "../domain/api-shapes.ts";
import type { Database } from "./database.ts";
import { savedReplies, savedReplyCategories } from "./schema.ts";

/** A team's replies are read whole by the composer. */
const LIST_MAX = 1_000;

const replyColumns = {
  id: savedReplies.id,
  categoryId: savedReplies.categoryId,
  title: savedReplies.title,
  text: savedReplies.text,
};
const categoryColumns = { id: savedReplyCategories.id, name: savedReplyCategories.name };

export async function listSavedReplies(db: Database): Promise<SavedReply[]> {
  return db.select(replyColumns).from(savedReplies).orderBy(asc(savedReplies.title), asc(savedReplies.id)).limit(LIST_MAX);
}

export async function findSavedReply(db: Database, id: string): Promise<SavedReply | null> {
  return (await db.select(replyColumns).from(savedReplies).where(eq(savedReplies.id, id)))[0] ?? null;
}

export async function insertSavedReply(db: Database, reply: SavedReply, now: number): Promise<void> {
  await db.insert(savedReplies).values({ ...reply, createdAt: now, updatedAt: now });
}

export async function updateSavedReply(db: Database, reply: SavedReply, now: number): Promise<void> {
  const { categoryId, title, text } = reply;
  await db.update(savedReplies).set({ categoryId, title, text, updatedAt: now }).where(eq(savedReplies.id, reply.id));
}

export async function deleteSavedReply(db: Database, id: string): Promise<boolean> {
  return (await db.delete(savedReplies).where(eq(savedReplies.id, id)).returning({ id: savedReplies.id })).length > 0;
}

export async function listCategories(db: Database): Promise<SavedReplyCategory[]> {
  return db
    .select(categoryColumns)
    .from(savedReplyCategories)
    .orderBy(asc(savedReplyCategories.name), asc(savedReplyCategories.id))
    .limit(LIST_MAX);
}

export async function findCategory(db: Database, id: string): Promise<SavedReplyCategory | null> {
  return (await db.select(categoryColumns).from(savedReplyCategories).where(eq(savedReplyCategories.id, id)))[0] ?? null;
}

export async function insertCategory(db: Database, category: SavedReplyCategory, now: number): Promise<void> {
  await db.insert(savedReplyCategories).values({ ...category, createdAt: now });
}

export async function renameCategory(db: Database, category: SavedReplyCategory): Promise<boolean> {
  const { id, name } = category;
  return (
    (
      await db
        .update(savedReplyCategories)
        .set({ name })
        .where(eq(savedReplyCategories.id, id))
        .returning({ id: savedReplyCategories.id })
    ).length > 0
  );
}

/** Its replies stay, without a category. */
export async function deleteCategory(db: Database, id: string): Promise<boolean> {
  const [, deleted] = await db.batch([
    db.update(savedReplies).set({ categoryId: null }).where(eq(savedReplies.categoryId, id)),
    db.delete(savedReplyCategories).where(eq(savedReplyCategories.id, id)).returning({ id: savedReplyCategories.id }),
  ]);
  return deleted.length > 0;
}
