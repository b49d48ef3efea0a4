import type { SavedReply, SavedReplyCategory } from "../../../worker/domain/api-shapes.ts";

export interface ReplyGroup {
  /** Empty for the replies without category. */
  id: string;
  name: string;
  replies: SavedReply[];
}

const byTitle = (a: SavedReply, b: SavedReply) => a.title.localeCompare(b.title);

/** Replies by category in the order of the categories, those without one last; categories without replies are left out. */
export function groupReplies(replies: readonly SavedReply[], categories: readonly SavedReplyCategory[]): ReplyGroup[] {
  const known = new Set(categories.map(({ id }) => id));
  const groups = categories.map(({ id, name }) => ({
    id,
    name,
    replies: replies.filter((reply) => reply.categoryId === id).sort(byTitle),
  }));
  const rest = replies.filter(({ categoryId }) => categoryId === null || !known.has(categoryId)).sort(byTitle);
  return [...groups, { id: "", name: "", replies: rest }].filter((group) => group.replies.length > 0);
}
